// A coloured surface under construction: points with normals and colours, and triangles whose front is where the normals
// point.
import type { Rgb } from "./colormap.ts";
import { type Vector, cross, dot, minus, row } from "./vectors.ts";

export class Mesh {
  readonly positions: number[] = [];
  readonly normals: number[] = [];
  /** Red, green and blue of each point, 0 to 255. */
  readonly colours: number[] = [];
  readonly faces: number[] = [];

  get size(): number {
    return this.positions.length / 3;
  }

  point(p: Vector, normal: Vector, colour: Rgb): number {
    this.positions.push(p[0], p[1], p[2]);
    this.normals.push(normal[0], normal[1], normal[2]);
    this.colours.push(colour[0], colour[1], colour[2]);
    return this.size - 1;
  }

  triangle(a: number, b: number, c: number): void {
    const p = row(this.positions, a);
    const [u, v] = [minus(row(this.positions, b), p), minus(row(this.positions, c), p)];
    if (dot(cross(u, v), row(this.normals, a)) >= 0) this.faces.push(a, b, c);
    else this.faces.push(a, c, b);
  }

  /** Four points of a flat surface that is seen from both sides, each side with the front of its own. */
  sheet(a: number, b: number, c: number, d: number): void {
    this.faces.push(a, b, c, a, c, d, a, c, b, a, d, c);
  }

  quad(a: number, b: number, c: number, d: number): void {
    this.triangle(a, b, c);
    this.triangle(a, c, d);
  }
}
