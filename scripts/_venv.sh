# Sourced by the scripts beside it: makes .venv with everything installed, once for each set of requirements.
# Needs Python 3.11, 3.12 or 3.13, nothing else.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
ROOT=$PWD
VENV=$ROOT/.venv
unset PYTHONDONTWRITEBYTECODE PYTHONPATH

find_python() {
    local candidate
    for candidate in "${REFDATA_PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "refdata needs Python 3.11, 3.12 or 3.13, and none is on PATH. Install one, or name it in REFDATA_PYTHON." >&2
    return 1
}

# install_venv REQUIREMENTS...: the packages in those files, and this project without its dependencies.
install_venv() {
    local python stamp wanted file
    python=$(find_python) || exit 1
    stamp=$VENV/.refdata-installed
    wanted=$(cat "$@" "$ROOT/pyproject.toml" | cksum; "$python" --version)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing into .venv (about a minute) ..."
        rm -f "$stamp"
        if [ ! -x "$VENV/bin/python" ] && ! "$python" -m venv "$VENV"; then
            echo "Python's venv module does not work here; on Debian: apt-get install python3-venv" >&2
            exit 1
        fi
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check uv || exit 1
        local arguments=()
        for file in "$@"; do arguments+=(-r "$file"); done
        "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --compile-bytecode "${arguments[@]}" || exit 1
        "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --no-deps --editable "$ROOT" || exit 1
        echo "$wanted" >"$stamp"
    fi
    export PATH=$VENV/bin:$PATH
}

# install_beside REQUIREMENTS FOLDER: the packages in that file alone, where only a process that asks for the folder
# (PYTHONPATH) sees them.
install_beside() {
    local wanted
    wanted=$(cksum <"$1")
    if [ "$(cat "$2/.refdata-installed" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$2"
        "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --compile-bytecode --no-deps --target "$2" -r "$1" || exit 1
        echo "$wanted" >"$2/.refdata-installed"
    fi
}
