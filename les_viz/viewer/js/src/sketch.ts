// Moving frames without WebGL: shaded discs, painted from far to near. Where WebGL is computed without a graphics card, a
// frame of it costs several times as much; the picture that rests is always 3Dmol's.
import type { Pair } from "./bonds.ts";
import { type Eye, type Projected, project } from "./camera.ts";
import { cellEdges } from "./cell.ts";
import { type Rgb, diverging } from "./colormap.ts";
import { make } from "./dom.ts";
import { parseColour } from "./overlays.ts";
import type { Placed } from "./placed.ts";
import { type Drawing, atomRadius, bondRadius } from "./representation.ts";
import { type Scene, covalentRadii } from "./scene.ts";
import { type Vector, length, minus, plus, row, times, unit } from "./vectors.ts";
import { isOfWhole } from "./wholearrow.ts";

const EDGE: Rgb = [138, 143, 152];
const EDGE_RADIUS = 0.025; // Å
const EDGE_PIECES = 6; // an edge runs before some atoms and behind others
const LAMP = 0.25; // of a radius: how far the brightest point lies from the middle, up and to the right
const SHADES: readonly (readonly [number, number])[] = [[0, 1], [0.55, 0.9], [0.8, 0.7], [0.93, 0.5], [1, 0.36]];
const [FOG_BEGINS, FOG_DEPTH] = [0, 60]; // Å behind the middle
const [COLOUR_STEP, FOG_STEPS] = [8, 10]; // as few different balls as nobody notices
const MOST_BALLS = 4000;

export interface Sketched {
  placed: Placed;
  drawing: Drawing;
  values: Float32Array;
  pairs: readonly Pair[];
  background: string;
}

/** A point on the screen, in pixels. */
interface Spot {
  left: number;
  top: number;
  depth: number;
  /** Pixels per Å. */
  scale: number;
}

interface Item {
  depth: number;
  paint(): void;
}

/** Whether a sketch shows all that there is to see: arrows of atoms do not move with them, one of the whole lies over it. */
export const canSketch = ({ volume, tensors, arrows }: Scene, values: Float32Array | null): values is Float32Array =>
  values !== null && volume === null && tensors === null && arrows.every((set) => set.atoms !== null || isOfWhole(set));

export class Sketch {
  readonly canvas: HTMLCanvasElement;
  /** Shows what is painted: as one image it is a layer of its own, and the page below it is not painted again. */
  private readonly screen: CanvasRenderingContext2D;
  /** In main memory: strokes and small images are cheapest there, without a graphics card. */
  private readonly context: CanvasRenderingContext2D;
  private readonly balls = new Map<string, HTMLCanvasElement>();
  private readonly below: HTMLElement;
  private fog: Rgb = [255, 255, 255];
  private spotOf: (point: Vector) => Spot = () => ({ left: 0, top: 0, depth: 0, scale: 1 });
  private middle = 0;

  /**
   * @param parent what holds the picture.
   * @param below what the sketch hides.
   */
  constructor(parent: HTMLElement, below: HTMLElement) {
    this.below = below;
    this.canvas = make("canvas", "les-sketch les-hidden", parent);
    this.canvas.setAttribute("aria-hidden", "true");
    this.screen = this.canvas.getContext("2d", { alpha: false })!;
    this.context = document.createElement("canvas").getContext("2d", { alpha: false, willReadFrequently: true })!;
  }

  hide(): void {
    this.canvas.classList.add("les-hidden");
    this.below.style.opacity = "";
  }

  draw(eye: Eye, size: { width: number; height: number }, what: Sketched): void {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    for (const canvas of [this.canvas, this.context.canvas])
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    this.setFog(parseColour(what.background));
    this.context.fillStyle = what.background;
    this.context.fillRect(0, 0, width, height);
    this.spotOf = (point) => spotIn(project(eye, point), width, height);
    this.middle = project(eye, [-eye.view[0], -eye.view[1], -eye.view[2]]).depth;
    const items = [...this.atoms(what), ...this.bonds(what), ...this.edges(what)];
    for (const item of items.sort((a, b) => b.depth - a.depth)) item.paint();
    this.screen.putImageData(this.context.getImageData(0, 0, width, height), 0, 0);
    this.canvas.classList.remove("les-hidden");
    this.below.style.opacity = "0"; // not drawn, but still under the pointer
  }

  private atoms({ placed, drawing, values }: Sketched): Item[] {
    const radii = covalentRadii(placed.scene);
    return Array.from({ length: placed.positions.length / 3 }, (_, k): Item => {
      const spot = this.spotOf(row(placed.positions, k));
      const i = k % placed.count;
      const radius = atomRadius(drawing.representation, radii[i]!) * spot.scale;
      const colour = diverging(values[i]!, placed.scene.limit);
      return { depth: spot.depth, paint: () => this.ball(spot, radius, colour) };
    });
  }

  /** Each half in the colour of its atom, from the surface of the atom to the middle. */
  private bonds({ placed, drawing, values, pairs }: Sketched): Item[] {
    const thickness = bondRadius(drawing.representation);
    if (thickness === null) return [];
    const radii = covalentRadii(placed.scene);
    const half = (k: number, to: number): Item => {
      const [from, end] = [row(placed.positions, k), row(placed.positions, to)];
      const i = k % placed.count;
      const middle = times(0.5, plus(from, end));
      const reach = Math.min(0.95 * atomRadius(drawing.representation, radii[i]!), length(minus(middle, from)));
      const start = plus(from, times(reach, unit(minus(end, from))));
      return this.stick(start, middle, thickness, diverging(values[i]!, placed.scene.limit));
    };
    return pairs.flatMap(([i, j]) => [half(i, j), half(j, i)]);
  }

  private edges({ placed, drawing }: Sketched): Item[] {
    const { cell } = placed;
    if (cell === null || !drawing.showCell) return [];
    const parts = Array.from({ length: EDGE_PIECES }, (_, k) => k / EDGE_PIECES);
    return cellEdges(cell).flatMap(([from, to]) => {
      const at = (part: number) => plus(from, times(part, minus(to, from)));
      return parts.map((part) => this.stick(at(part), at(part + 1 / EDGE_PIECES), EDGE_RADIUS, EDGE));
    });
  }

  /** A round rod: a dark line with a bright one on it. */
  private stick(from: Vector, to: Vector, radius: number, colour: Rgb): Item {
    const [a, b] = [this.spotOf(from), this.spotOf(to)];
    const depth = (a.depth + b.depth) / 2;
    const width = Math.max(1, radius * (a.scale + b.scale));
    const line = (wide: number, shade: number) => {
      this.context.lineWidth = wide;
      this.context.strokeStyle = this.tint(colour, depth, shade);
      this.context.beginPath();
      this.context.moveTo(a.left, a.top);
      this.context.lineTo(b.left, b.top);
      this.context.stroke();
    };
    return {
      depth,
      paint: () => {
        line(width, width > 3 ? 0.62 : 0.9);
        if (width > 3) line(0.5 * width, 0.95);
      },
    };
  }

  private ball({ left, top, depth }: Spot, radius: number, colour: Rgb): void {
    const size = Math.max(1, Math.round(radius));
    const fade = Math.round(FOG_STEPS * this.fading(depth));
    const shade = colour.map((c) => Math.min(255, COLOUR_STEP * Math.round(c / COLOUR_STEP))) as unknown as Rgb;
    const key = `${shade.join()} ${fade} ${size}`;
    let image = this.balls.get(key);
    if (image === undefined) {
      if (this.balls.size > MOST_BALLS) this.balls.clear();
      image = ballImage(size, (light) => css(mixed(shaded(shade, light), this.fog, fade / FOG_STEPS)));
      this.balls.set(key, image);
    }
    this.context.drawImage(image, Math.round(left - image.width / 2), Math.round(top - image.height / 2));
  }

  private setFog(colour: Rgb): void {
    if (colour.join() === this.fog.join()) return;
    this.fog = colour;
    this.balls.clear();
  }

  private fading(depth: number): number {
    return Math.min(1, Math.max(0, (depth - this.middle - FOG_BEGINS) / FOG_DEPTH));
  }

  private tint(colour: Rgb, depth: number, light: number): string {
    return css(mixed(shaded(colour, light), this.fog, this.fading(depth)));
  }
}

const spotIn = ({ x, y, depth, scale }: Projected, width: number, height: number): Spot => ({
  left: ((x + 1) / 2) * width,
  top: ((1 - y) / 2) * height,
  depth,
  scale: (scale * height) / 2,
});

function ballImage(radius: number, colourAt: (light: number) => string): HTMLCanvasElement {
  const image = document.createElement("canvas");
  image.width = image.height = 2 * Math.ceil(radius) + 2;
  const context = image.getContext("2d", { willReadFrequently: true })!;
  const middle = image.width / 2;
  const [x, y] = [middle + LAMP * radius, middle - LAMP * radius];
  const gradient = context.createRadialGradient(x, y, 0, middle, middle, radius);
  for (const [at, light] of SHADES) gradient.addColorStop(at, colourAt(light));
  context.fillStyle = gradient;
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
  context.fill();
  return image;
}

const shaded = (colour: Rgb, light: number): Rgb => colour.map((c) => c * light) as unknown as Rgb;
const mixed = (a: Rgb, b: Rgb, part: number): Rgb => a.map((c, i) => c + part * (b[i]! - c)) as unknown as Rgb;
const css = (colour: Rgb): string => `rgb(${colour.map((c) => Math.round(c)).join(",")})`;
