// Meshes as shapes of 3Dmol, one for each layer, replaced as a whole.
import type * as $3Dmol from "3dmol/build/3Dmol.es6-min.js";
import { toHex } from "./colormap.ts";
import type { Mesh } from "./mesh.ts";
import { type Vector, row } from "./vectors.ts";

const LARGEST_PART = 60_000; // points: 3Dmol counts them with 16 bits

export interface Material {
  opacity?: number;
  /** `FRONT` hides the backs of the triangles; otherwise backs are lit like fronts. */
  side?: number;
}

export const FRONT = 0; // 3Dmol's FrontSide

export class Shapes {
  private readonly viewer: $3Dmol.Viewer;
  private readonly layers = new Map<string, $3Dmol.Shape>();

  constructor(viewer: $3Dmol.Viewer) {
    this.viewer = viewer;
  }

  set(layer: string, mesh: Mesh, material: Material = {}): void {
    this.clear(layer);
    if (mesh.faces.length === 0) return;
    const shape = this.viewer.addShape({ color: "white", ...material });
    this.layers.set(layer, shape);
    for (const part of partsOf(mesh)) shape.addCustom(part);
    delete shape.color; // otherwise it would be painted over the colours of the points
  }

  clear(layer: string): void {
    const shape = this.layers.get(layer);
    if (shape === undefined) return;
    this.layers.delete(layer);
    this.viewer.removeShape(shape);
  }

  /** Point all normals of a layer into one direction: 3Dmol lights every surface, and a flat one should not change. */
  faceLight(layer: string, direction: Vector): boolean {
    const geometry = this.layers.get(layer)?.geo;
    if (geometry === undefined) return false;
    for (const group of geometry.geometryGroups)
      for (let i = 0; i < group.normalArray.length; i++) group.normalArray[i] = direction[i % 3]!;
    geometry.normalsNeedUpdate = true;
    return true;
  }
}

/** The same triangles in parts that are small enough; points on a seam come twice. */
export function* partsOf(mesh: Mesh): Generator<$3Dmol.CustomSpec> {
  let part = emptyPart();
  let numbers = new Map<number, number>();
  for (let f = 0; f < mesh.faces.length; f += 3) {
    if (part.vertexArr.length > LARGEST_PART) {
      yield part;
      part = emptyPart();
      numbers = new Map();
    }
    for (const point of [mesh.faces[f]!, mesh.faces[f + 1]!, mesh.faces[f + 2]!]) {
      let number = numbers.get(point);
      if (number === undefined) {
        number = part.vertexArr.length;
        numbers.set(point, number);
        part.vertexArr.push(xyz(row(mesh.positions, point)));
        part.normalArr.push(xyz(row(mesh.normals, point)));
        part.color.push(toHex(row(mesh.colours, point)));
      }
      part.faceArr.push(number);
    }
  }
  yield part;
}

const emptyPart = (): $3Dmol.CustomSpec => ({ vertexArr: [], normalArr: [], faceArr: [], color: [] });
const xyz = ([x, y, z]: Vector) => ({ x, y, z });
