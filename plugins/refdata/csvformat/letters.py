"""The characters beyond ASCII that each language uses, most frequent first.

The order is that of common letter-frequency tables; the chance of a letter falls with its rank. CJK is by
blocks of the standards: their first levels hold the characters in daily use.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

LANGUAGES: Mapping[str, str] = {
    "en": "\u00a0’–£“”é€‘—…®™°",
    "fr": "éèàêçâôîùûïœëüæÿ",
    "de": "üäößé",
    "es": "óíáéñúü¿¡çº",
    "pt": "ãçáéíóêõúâàôüºª",
    "it": "àèòùéìî",
    "ca": "àéóòèíçúï·ü",
    "nl": "ëéïöüèáê",
    "sv": "äåöé",
    "da": "øåæéö",
    "is": "íáðöéþúóýæ",
    "et": "äõüöšž",
    "sq": "ëç",
    "pl": "łóążęśćńź",
    "cs": "íáéěřčžšýůúňóťď",
    "sk": "áíéčšžýľúťôňďóäŕĺ",
    "hu": "áéöóőüíúű",
    "ro": "ăâîşţșț",
    "hr": "čšžćđ",
    "tr": "ıüşçğöİâî",
    "lt": "ėšųžįūąčę",
    "lv": "āīēšņļūžģķč",
    "vi": "\u0300\u0301đ\u0323\u0309ôêươăâ\u0303àáéèúóãíù",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё№",
    "uk": "оаниітврескулдмпзяьбгчйхцюжєїщшфґ№",
    "bg": "аоиетнрсвлдкпмзяугбчъжцшщюхфьй№",
    "be": "аніеротклсуядзўымпвгбцьжчхйёюэшф",
    "sr": "аоиенртсјувкдлпмзбгчцжњшљћђхфџ",
    "el": "αοιετνσηυρπκμλςωόήίάέγδθχφύβώξζψϊϋΐ",
    "he": "יוהלארתבםמנשדקפחעכטןגסזצךףץ",
    "ar": "اليمونرتبةعدسفهكقأحجشصىطخإذزثضغئءؤآظ،ـ",
    "fa": "اینرمدهوبتسشزگفکقخآجعلپحصطغچضذژئثظـ",
    "ja": (
        "のいしんたるとかなにてをはっらりょでーがれすくあもこうきさつえけまめそちせみろばわどじよだごやゃおほゅびひむへずぶげべねぞざふュンスルトリアイラックシーレタマジプムテコロカドサメニ"
        "オバグウキデフピツチブエパナィダャセネガベビポハミァソギノョゼワモボヤゲケペ"
    ),
    "zh": (
        "的一是不了在人有我他这中大来上国个到说们为子和地出道也时年得就那要下以生会自着去之过家学对里后小么心多天而能好都然没日于起还发成事只作当看文无开手十用主行方又如前所本见经头面公同三"
        "已老从动两长市区县省州路街号店司品名称价格数量单位编码京海山东南西北江河湖广天津重庆"
    ),
    "zh_t": (
        "的一是不了在人有我他這中大來上國個到說們為子和地出道也時年得就那要下以生會自著去之"
        "過家學對裡後小麼心多天而能好都然沒日於起還發成事只"
        "作當看文無開手十用主行方又如前所本見經頭面公同三"
        "已老從動兩長市區縣省州路街號店司品名稱價格數量單位編碼臺北高雄南新竹"
    ),
    "ko": (
        "이다는의에을가고하지은를로한기사리어도아자시인서나정일부대수해전원구성상산장주동제조국보공비경유소스관신"
        "안중세우화과라선문여행오만명물품번호식당회도시군읍면리동서울광천"
    ),
}
"""Letters by language."""

NEIGHBOUR = -6.0
"""The log chance of a letter used by another language of the same code page, but not by this one."""

FOREIGN = -9.0
"""The log chance of a letter that none of them uses."""

RARE = -11.0
"""The log chance of a character that hardly ever occurs in tables."""

IMPOSSIBLE = -25.0
"""The log chance of a control character."""

_SYMBOLS = {
    **dict.fromkeys("’–€°«»“”„\u00a0…£", -4.5),
    **dict.fromkeys("‘—§®©™²³½¼·•±×µ№´¿¡ºª‰†", -6.5),
    **dict.fromkeys("、。，（）：・「」！？；《》％／＆", -4.5),
}
_CJK = frozenset({"ja", "zh", "zh_t", "ko"})


@lru_cache(maxsize=64)
def _chances(language: str) -> Mapping[str, float]:
    letters = dict.fromkeys(LANGUAGES[language])
    if language in _CJK:
        return {letter: -4.0 - math.log(1 + rank) / 2 for rank, letter in enumerate(letters)}
    weights = {letter: 1 / (rank + 2) for rank, letter in enumerate(letters)}
    total = sum(weights.values())
    chances = {letter: math.log(weight / total) for letter, weight in weights.items()}
    upper = {letter.upper(): chance - 2 for letter, chance in chances.items() if len(letter.upper()) == 1}
    return upper | chances


@lru_cache(maxsize=1 << 16)
def log_chance(character: str, language: str, neighbours: tuple[str, ...]) -> float:
    """The log chance of a character beyond ASCII in a language, among others of the same code page."""
    known = _chances(language).get(character)
    if known is not None:
        return known
    if character in _SYMBOLS:
        return _SYMBOLS[character]
    if unicodedata.category(character) in {"Cc", "Co", "Cn"}:
        return IMPOSSIBLE
    if language in _CJK:
        return _ideograph(character, language)
    if not character.isalpha():
        return RARE
    return NEIGHBOUR if any(character in _chances(one) for one in neighbours) else FOREIGN


def _ideograph(character: str, language: str) -> float:
    """By the standards' levels: GB 2312 rows 16-55, Big5 A4-C6, JIS X 0208 rows 16-47, KS X 1001 syllables."""
    if language == "zh":
        return _by_row(character, "gb2312", 0xB0, 0xD7, -7.5)
    if language == "zh_t":
        return _by_row(character, "big5", 0xA4, 0xC6, -7.5)
    if language == "ko":
        return _by_row(character, "euc_kr", 0xB0, 0xC8, -6.5) if "가" <= character <= "힣" else RARE - 2
    if "\uff61" <= character <= "\uff9f":
        return RARE + 2
    if "\u3040" <= character <= "\u30ff":
        return -6.5
    return _by_row(character, "euc_jp", 0xB0, 0xCF, -7.5)


def _by_row(character: str, standard: str, first: int, last: int, daily: float) -> float:
    try:
        code = character.encode(standard)
    except UnicodeEncodeError:
        return RARE - 3
    if len(code) != 2:
        return RARE - 3
    return daily if first <= code[0] <= last else RARE
