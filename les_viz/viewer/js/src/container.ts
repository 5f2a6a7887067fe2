// The container of all that Python sends: [u32 header length][JSON header][padding to 8][arrays, each padded to 8],
// little endian.

interface ArrayMeta {
  dtype: "f4" | "f2" | "u1" | "u4";
  shape: number[];
  offset: number;
}

export type Bytes = Uint8Array | DataView | ArrayBuffer;
export type AnyArray = Float32Array | Uint16Array | Uint8Array | Uint32Array;

const SIZES = { f4: 4, f2: 2, u1: 1, u4: 4 } as const;

export class Container {
  readonly header: Record<string, unknown>;
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly metas: Record<string, ArrayMeta>;

  constructor(input: Bytes, version: number) {
    this.bytes = asUint8(input);
    const length = new DataView(this.bytes.buffer, this.bytes.byteOffset, 4).getUint32(0, true);
    this.header = JSON.parse(new TextDecoder().decode(this.bytes.subarray(4, 4 + length))) as Record<string, unknown>;
    this.base = align(4 + length);
    if (this.header["version"] !== version)
      throw new Error(`scene: version ${String(this.header["version"])}, but this viewer draws version ${version}`);
    this.metas = this.header["arrays"] as Record<string, ArrayMeta>;
  }

  require(keys: readonly string[]): void {
    const missing = keys.filter((key) => !(key in this.header));
    if (missing.length > 0) throw new Error(`scene: the header lacks ${missing.join(", ")}`);
  }

  shape(name: string): number[] {
    return this.metas[name]?.shape ?? [];
  }

  floats(name: string): Float32Array | null {
    const meta = this.metas[name];
    if (meta === undefined) return null;
    if (meta.dtype === "f2") return Float32Array.from(new Uint16Array(this.copy(meta).buffer), fromHalf);
    return new Float32Array(this.copy(meta, "f4").buffer);
  }

  bytesOf(name: string): Uint8Array | null {
    const meta = this.metas[name];
    return meta === undefined ? null : this.copy(meta, "u1");
  }

  indices(name: string): Uint32Array | null {
    const meta = this.metas[name];
    return meta === undefined ? null : new Uint32Array(this.copy(meta, "u4").buffer);
  }

  /** A copy: aligned, and independent of the host's buffer. */
  private copy(meta: ArrayMeta, expected = meta.dtype): Uint8Array {
    if (meta.dtype !== expected) throw new Error(`scene: an array holds ${meta.dtype}, expected ${expected}`);
    const start = this.base + meta.offset;
    const end = start + meta.shape.reduce((a, b) => a * b, 1) * SIZES[meta.dtype];
    if (end > this.bytes.byteLength) throw new Error("scene: an array ends behind the payload");
    return this.bytes.slice(start, end);
  }
}

/** A number of 16 bits (IEEE 754 binary16) as a number. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

function asUint8(input: Bytes): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
}

const align = (n: number): number => (n + 7) & ~7;
