// Light or dark, as the host has it: Streamlit offers its theme as custom properties, other hosts inherit colours.

export interface Theme {
  background: string;
  text: string;
  isDark: boolean;
}

export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const background = toHexColour(style.getPropertyValue("--st-background-color")) ?? "#ffffff";
  const text = toHexColour(style.getPropertyValue("--st-text-color")) ?? "#1b1f27";
  return { background, text, isDark: luminance(background) < 0.4 };
}

export function applyTheme(element: HTMLElement, theme: Theme): void {
  element.style.setProperty("--les-text", theme.text);
  element.style.setProperty("--les-panel", `${theme.background}d9`);
  element.style.setProperty("--les-line", theme.isDark ? "#ffffff33" : "#00000026");
}

/** Call back when an ancestor's class or style changes, as it does when the user picks another theme. */
export function watchTheme(element: HTMLElement, onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  for (let node = element.parentElement; node !== null; node = node.parentElement)
    observer.observe(node, { attributes: true, attributeFilter: ["class", "style"] });
  return () => observer.disconnect();
}

/** `#rgb`, `#rrggbb` or `rgb(r, g, b)` as `#rrggbb`; null for anything else. */
export function toHexColour(text: string): string | null {
  const value = text.trim().toLowerCase();
  if (/^#[0-9a-f]{6}/.test(value)) return value.slice(0, 7);
  if (/^#[0-9a-f]{3}$/.test(value)) return "#" + [...value.slice(1)].map((c) => c + c).join("");
  const numbers = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)/.exec(value);
  if (numbers === null) return null;
  return "#" + numbers.slice(1, 4).map((n) => Number(n).toString(16).padStart(2, "0")).join("");
}

export function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
