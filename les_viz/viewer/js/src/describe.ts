// An atom in words.
import { digitsFor, signed } from "./format.ts";
import { type Scene, symbolOf } from "./scene.ts";

const USUAL = 3; // digits that the page writes of a number, too

/** Element, index and value of an atom, as hover and pick show them. */
export function describeAtom(scene: Scene, index: number, values: Float32Array | null): string {
  const name = `${symbolOf(scene, index)} \u00b7 atom ${index}`;
  if (values === null) return name;
  const digits = digitsFor(scene.limit);
  const value = signed(values[index]!, digits < USUAL ? digits + 1 : digits);
  return `${name} \u00b7 ${scene.label} ${value} ${scene.unit}`.trimEnd();
}
