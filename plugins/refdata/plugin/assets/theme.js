/**
 * Follows Airflow's colours. The page stands in a frame of the same origin: it copies the tokens that
 * Airflow's own page resolves, a site's own theme included, and watches the class that says light or
 * dark. Alone, it goes by the choice that Airflow keeps in localStorage, then by the system.
 */

const TOKENS = {
  "--bg": "--chakra-colors-bg",
  "--fg": "--chakra-colors-fg",
  "--fg-muted": "--chakra-colors-fg-muted",
  "--border": "--chakra-colors-border",
  "--brand": "--chakra-colors-brand-solid",
};

const system = matchMedia("(prefers-color-scheme: dark)");

function host() {
  try {
    return parent === window ? null : parent.document.documentElement;
  } catch {
    return null;
  }
}

function mode(root) {
  if (root?.classList.contains("dark")) return "dark";
  if (root?.classList.contains("light")) return "light";
  const chosen = localStorage.getItem("theme");
  return chosen === "dark" || chosen === "light" ? chosen : system.matches ? "dark" : "light";
}

function apply() {
  const root = host();
  document.documentElement.dataset.theme = mode(root);
  if (!root) return;
  const style = parent.getComputedStyle(root);
  for (const [own, theirs] of Object.entries(TOKENS)) {
    const value = style.getPropertyValue(theirs).trim();
    if (value && CSS.supports("color", value)) document.documentElement.style.setProperty(own, value);
    else document.documentElement.style.removeProperty(own);
  }
}

export function followTheme() {
  apply();
  const root = host();
  if (root) new MutationObserver(apply).observe(root, { attributes: true, attributeFilter: ["class", "style"] });
  addEventListener("storage", apply);
  system.addEventListener("change", apply);
}
