// An atom in words.
import { digitsFor, signed } from "./format.ts";
import { type Scene, symbolOf } from "./scene.ts";

/** Element, index and value of an atom, as hover and pick show them. */
export function describeAtom(scene: Scene, index: number, values: Float32Array | null): string {
  const name = `${symbolOf(scene, index)} \u00b7 atom ${index}`;
  if (values === null) return name;
  const value = signed(values[index]!, digitsFor(scene.limit) + 1);
  return `${name} \u00b7 ${scene.label} ${value} ${scene.unit}`.trimEnd();
}
