// The container of a scene: [u32 header length][JSON header][padding to 8][arrays, each padded to 8], little endian.
import { HEADER_KEYS, SCENE_VERSION, type Scene, type Species } from "./scene.ts";

interface ArrayMeta {
  dtype: "f4" | "u1";
  shape: number[];
  offset: number;
}

interface Header {
  version: number;
  viewer: string;
  digest: string;
  label: string;
  unit: string;
  limit: number;
  selected: number | null;
  species: Species[];
  arrays: Record<string, ArrayMeta>;
}

export type Bytes = Uint8Array | DataView | ArrayBuffer;

export function decodeScene(input: Bytes): Scene {
  const bytes = asUint8(input);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const base = align(4 + length);
  const read = (name: string) => readArray(bytes, base, header.arrays[name]);
  const numbers = read("numbers");
  const positions = read("positions");
  if (!(numbers instanceof Uint8Array) || !(positions instanceof Float32Array))
    throw new Error("scene: numbers and positions are required");
  if (positions.length !== 3 * numbers.length) throw new Error("scene: expected three coordinates an atom");
  return {
    viewer: header.viewer,
    digest: header.digest,
    label: header.label,
    unit: header.unit,
    limit: header.limit,
    selected: header.selected,
    species: new Map(header.species.map((s) => [s.number, s])),
    numbers,
    positions,
    cell: read("cell") as Float32Array | null,
    values: read("values") as Float32Array | null,
  };
}

function parseHeader(text: string): Header {
  const header = JSON.parse(text) as Record<string, unknown>;
  const missing = HEADER_KEYS.filter((key) => !(key in header));
  if (missing.length > 0) throw new Error(`scene: the header lacks ${missing.join(", ")}`);
  if (header["version"] !== SCENE_VERSION)
    throw new Error(`scene: version ${String(header["version"])}, but this viewer draws version ${SCENE_VERSION}`);
  return header as unknown as Header;
}

function readArray(bytes: Uint8Array, base: number, meta: ArrayMeta | undefined): Float32Array | Uint8Array | null {
  if (meta === undefined) return null;
  const count = meta.shape.reduce((a, b) => a * b, 1);
  const size = meta.dtype === "f4" ? 4 : 1;
  const start = base + meta.offset;
  if (start + count * size > bytes.byteLength) throw new Error("scene: an array ends behind the payload");
  const copy = bytes.slice(start, start + count * size); // aligned, and independent of the host's buffer
  return meta.dtype === "f4" ? new Float32Array(copy.buffer, 0, count) : copy;
}

function asUint8(input: Bytes): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
}

const align = (n: number): number => (n + 7) & ~7;
