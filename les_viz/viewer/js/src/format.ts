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

/** A round number without trailing zeros; very small and large ones as powers of ten. */
export function plainNumber(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
    const exponent = Math.floor(Math.log10(Math.abs(value)));
    const factor = Number((value / 10 ** exponent).toPrecision(3));
    return `${factor} × 10^${String(exponent).replace("-", "\u2212")}`;
  }
  return String(Number(value.toPrecision(3))).replace("-", "\u2212");
}
