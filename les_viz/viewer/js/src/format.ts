// Numbers as text: a true minus sign and an explicit plus, so that signs read at a glance.

export function signed(value: number, digits = 3): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "\u2212" : "+") + text;
}

/** Enough digits to tell values on this scale apart. */
export function digitsFor(limit: number): number {
  if (!(limit > 0)) return 2;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(limit))));
}

const SUPERSCRIPTS: Record<string, string> = {
  "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
};

/** A round number without trailing zeros; very small and large ones as powers of ten. */
export function plainNumber(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
    const [factor, exponent] = value.toExponential(2).split("e");
    const raised = Array.from(String(Number(exponent)), (digit) => SUPERSCRIPTS[digit]).join("");
    return `${String(Number(factor)).replace("-", "\u2212")} × 10${raised}`;
  }
  return String(Number(value.toPrecision(3))).replace("-", "\u2212");
}
