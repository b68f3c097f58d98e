/**
 * Follows Airflow's colours. The page is in a frame of the same origin: it copies the tokens that
 * Airflow's own page resolves, including a site's own theme, and watches the class for light or
 * dark. Outside a frame, it uses the choice that Airflow stores in localStorage, then the system's.
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
