// The WebGL side: a thin, typed shell around 3Dmol that draws atoms, bonds, cell and the mark of the picked atom.
import * as $3Dmol from "3dmol/build/3Dmol.es6-min.js";
import { findBonds, type Pair } from "./bonds.ts";
import { CAMERA_Z, type Quaternion, type View, fittingDistance, quaternionOf } from "./camera.ts";
import { boundingBall, cellEdges } from "./cell.ts";
import { diverging, toHex } from "./colormap.ts";
import { type Drawing, type Representation, atomRadius, bondRadius } from "./representation.ts";
import type { Scene } from "./scene.ts";

const START: Quaternion = [-0.1305, 0.2588, 0.0341, 0.9565]; // a little from above and from the side

const EDGE_COLOUR = "#8a8f98";
const EDGE_RADIUS = 0.025; // Å: lines would be one pixel wide at any zoom

export class Canvas {
  readonly element: HTMLElement;
  private readonly viewer: $3Dmol.Viewer;
  private atoms: $3Dmol.Atom[] = [];
  private model: $3Dmol.Model | null = null;
  private cell: $3Dmol.Shape | null = null;

  constructor(parent: HTMLElement, onViewChange: () => void) {
    this.element = document.createElement("div");
    this.element.className = "les-canvas";
    parent.appendChild(this.element);
    this.viewer = $3Dmol.createViewer(this.element, { antialias: true });
    this.viewer.setViewChangeCallback(onViewChange);
  }

  get view(): View {
    return this.viewer.getView().slice(0, 8) as View;
  }

  set view(view: View) {
    this.viewer.setView(view);
  }

  get size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  get aspect(): number {
    return this.size.width / Math.max(1, this.size.height);
  }

  setTheme(background: string, outline: string): void {
    this.viewer.setBackgroundColor(background, 1);
    this.viewer.setViewStyle({ style: "outline", color: outline, width: 0.02 });
  }

  /** Draw a scene, reusing atoms and context where the elements did not change. */
  draw(scene: Scene, drawing: Drawing, isSameSubject: boolean): void {
    const radii = covalentRadii(scene);
    if (!isSameSubject) {
      this.viewer.removeAllModels();
      this.reset(scene); // draws at once, so do it while there is nothing to draw
      this.build(scene);
    }
    this.place(scene);
    this.connect(drawing.representation === "spheres" ? [] : findBonds(scene.positions, radii));
    this.paint(scene, drawing.representation, radii);
    this.drawCell(drawing.showCell ? scene.cell : null);
    this.invalidate();
  }

  render(): void {
    this.viewer.render();
  }

  resize(): void {
    this.viewer.resize();
  }

  get pixels(): HTMLCanvasElement {
    return this.viewer.getCanvas();
  }

  /** Look at the whole structure; keep the direction if one is given. */
  reset(scene: Scene, rotation: Quaternion = START): void {
    const ball = boundingBall(scene.positions, scene.cell);
    const [x, y, z] = ball.centre;
    const distance = fittingDistance(ball.radius, this.aspect);
    this.view = [-x, -y, -z, CAMERA_Z - distance, ...rotation];
  }

  get rotation(): Quaternion {
    return quaternionOf(this.view);
  }

  dispose(): void {
    const context = this.pixels.getContext("webgl2") ?? this.pixels.getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    this.element.remove();
  }

  private build(scene: Scene): void {
    this.model = this.viewer.addModel();
    this.model.addAtoms(
      Array.from(scene.numbers, (number, index) => ({
        elem: scene.species.get(number)?.symbol ?? "X",
        index,
        serial: index,
        x: 0,
        y: 0,
        z: 0,
        bonds: [],
        bondOrder: [],
      })),
    );
    this.atoms = this.model.selectedAtoms({});
  }

  private place(scene: Scene): void {
    this.atoms.forEach((atom, i) => {
      atom.x = scene.positions[3 * i]!;
      atom.y = scene.positions[3 * i + 1]!;
      atom.z = scene.positions[3 * i + 2]!;
    });
  }

  private connect(pairs: Pair[]): void {
    for (const atom of this.atoms) {
      atom.bonds = [];
      atom.bondOrder = [];
    }
    for (const [i, j] of pairs) {
      this.atoms[i]!.bonds.push(j);
      this.atoms[i]!.bondOrder.push(1);
      this.atoms[j]!.bonds.push(i);
      this.atoms[j]!.bondOrder.push(1);
    }
  }

  private paint(scene: Scene, representation: Representation, radii: Float32Array): void {
    const bond = bondRadius(representation);
    this.atoms.forEach((atom, i) => {
      const colour = scene.values === null ? {} : { color: toHex(diverging(scene.values[i]!, scene.limit)) };
      atom.style = { sphere: { radius: atomRadius(representation, radii[i]!), ...colour } };
      if (bond !== null) atom.style.stick = { radius: bond, ...colour };
      atom.capDrawn = false;
    });
  }

  private drawCell(cell: Float32Array | null): void {
    if (this.cell !== null) this.viewer.removeShape(this.cell);
    this.cell = null;
    if (cell === null) return;
    this.cell = this.viewer.addShape({ color: EDGE_COLOUR });
    for (const [from, to] of cellEdges(cell))
      this.cell.addCylinder({ start: point(from), end: point(to), radius: EDGE_RADIUS, fromCap: "round", toCap: "round" });
  }

  /** 3Dmol caches its geometry: drop it, but keep the materials (compiling their shaders again takes 0.2 s). */
  private invalidate(): void {
    if (this.model === null) return;
    for (const child of this.model.renderedMolObj?.children ?? []) child.geometry?.dispose();
    this.model.molObj = null;
  }
}

export function covalentRadii(scene: Scene): Float32Array {
  return Float32Array.from(scene.numbers, (number) => scene.species.get(number)?.radius ?? 1);
}

const point = ([x, y, z]: readonly [number, number, number]) => ({ x, y, z });
