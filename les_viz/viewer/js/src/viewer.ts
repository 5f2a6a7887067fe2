// One viewer: stage, overlays, toolbar; scenes come in, picks go out, and what is a matter of looking stays here.
import {
  CAMERA_Z,
  type Pointer,
  type Vector,
  multiply,
  pickAtom,
  quaternionOf,
  turnAbout,
  turnTowardsViewer,
} from "./camera.ts";
import { Canvas, covalentRadii } from "./canvas.ts";
import { Colorbar } from "./colorbar.ts";
import { make } from "./dom.ts";
import { digitsFor, signed } from "./format.ts";
import { Gizmo } from "./gizmo.ts";
import { Mark } from "./mark.ts";
import { composePicture, download } from "./picture.ts";
import { type Drawing, atomRadius } from "./representation.ts";
import { type Scene, sameSubject } from "./scene.ts";
import { STYLES } from "./styles.ts";
import { type Theme, applyTheme, readTheme, watchTheme } from "./theme.ts";
import { type Direction, Toolbar } from "./toolbar.ts";
import { wrapMolecules } from "./wrap.ts";

const CLICK_SLACK = 4; // pixels a hand may tremble between press and release
const TURN_STEP = Math.PI / 24;

export type OnPick = (index: number | null) => void;

export class Viewer {
  readonly root: HTMLElement;
  onPick: OnPick = () => {};
  private readonly stage: HTMLElement;
  private readonly canvas: Canvas;
  private readonly bar: Colorbar;
  private readonly gizmo: Gizmo;
  private readonly mark: Mark;
  private readonly tip: HTMLElement;
  private readonly pickPanel: HTMLElement;
  private readonly toolbar: Toolbar;
  private readonly drawing: Drawing = { representation: "ball-and-stick", showCell: true, isWhole: true };
  /** What Python sent, and the same with the atoms where they are drawn. */
  private sent: Scene | null = null;
  private scene: Scene | null = null;
  private theme: Theme | null = null;
  private picked: number | null = null;
  private unwatch: () => void = () => {};

  constructor(parent: HTMLElement) {
    this.root = make("div", "les-viewer", parent);
    make("style", "", this.root).textContent = STYLES;
    this.stage = make("div", "les-stage", this.root);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.canvas = new Canvas(this.stage, () => this.follow());
    this.mark = new Mark(this.stage);
    this.bar = new Colorbar(this.stage);
    this.gizmo = new Gizmo(this.stage);
    this.pickPanel = make("div", "les-panel les-pick les-hidden", this.stage);
    this.pickPanel.setAttribute("role", "status");
    this.tip = make("div", "les-panel les-tip les-hidden", this.stage);
    this.toolbar = new Toolbar(this.root, {
      represent: (representation) => this.redraw({ representation }),
      toggleCell: () => this.redraw({ showCell: !this.drawing.showCell }),
      toggleWhole: () => this.redraw({ isWhole: !this.drawing.isWhole }),
      lookAlong: (direction) => this.lookAlong(direction),
      reset: () => this.reset(),
      savePicture: () => this.savePicture(),
    });
    this.listen();
    this.attached();
  }

  /** Put the viewer into another place of the page; context and camera stay. */
  attachTo(parent: HTMLElement): void {
    if (this.root.parentElement === parent) return;
    parent.appendChild(this.root);
    this.attached();
  }

  update(scene: Scene): void {
    if (scene.digest === this.sent?.digest) return;
    const same = sameSubject(this.sent, scene);
    this.sent = scene;
    this.picked = scene.selected;
    this.gizmo.setCell(scene.cell);
    this.draw(same);
    this.stage.setAttribute(
      "aria-label",
      `3D structure of ${scene.numbers.length} atoms. Arrow keys turn it, plus and minus zoom, ` +
        "N and P step through the atoms, Escape lets go of the atom.",
    );
  }

  dispose(): void {
    this.unwatch();
    this.canvas.dispose();
    this.root.remove();
  }

  private attached(): void {
    this.unwatch();
    this.unwatch = watchTheme(this.root, () => this.retheme());
    this.retheme();
  }

  private retheme(): void {
    if (!this.root.isConnected) return;
    const theme = readTheme(this.root);
    if (theme.background === this.theme?.background && theme.text === this.theme.text) return;
    this.theme = theme;
    applyTheme(this.root, theme);
    this.canvas.setTheme(theme.background, theme.isDark ? "#000000" : "#30343b");
    if (this.scene !== null) this.canvas.render();
  }

  private redraw(change: Partial<Drawing>): void {
    Object.assign(this.drawing, change);
    this.draw(true);
  }

  private draw(isSameSubject: boolean): void {
    const sent = this.sent;
    if (sent === null) return;
    const isWrapped = sent.cell !== null && this.drawing.isWhole;
    this.scene = isWrapped
      ? { ...sent, positions: wrapMolecules(sent.positions, sent.cell!, covalentRadii(sent)) }
      : sent;
    this.canvas.draw(this.scene, this.drawing, isSameSubject);
    this.refresh();
  }

  private refresh(): void {
    const scene = this.scene;
    if (scene === null) return;
    this.bar.show(scene);
    this.toolbar.show(this.drawing, scene.cell !== null);
    this.canvas.render();
    this.follow();
    this.pickPanel.classList.toggle("les-hidden", this.picked === null);
    this.pickPanel.textContent = this.picked === null ? "" : describeAtom(scene, this.picked);
  }

  /** Keep gizmo and mark in step with the camera. */
  private follow(): void {
    this.gizmo?.turn(this.canvas.rotation);
    const [scene, index] = [this.scene, this.picked];
    if (scene === null || index === null) return this.mark?.hide();
    const place = scene.positions.subarray(3 * index, 3 * index + 3) as unknown as Vector;
    this.mark.circle(this.canvas.view, place, this.radii(scene)[index]!, this.canvas.size);
  }

  private pick(index: number | null): void {
    if (index === this.picked) return;
    this.picked = index;
    this.refresh();
    this.onPick(index);
  }

  private radii(scene: Scene): Float32Array {
    return covalentRadii(scene).map((radius) => atomRadius(this.drawing.representation, radius));
  }

  private atomUnder(event: MouseEvent): number | null {
    if (this.scene === null) return null;
    const box = this.stage.getBoundingClientRect();
    const pointer: Pointer = {
      x: (2 * (event.clientX - box.left)) / box.width - 1,
      y: 1 - (2 * (event.clientY - box.top)) / box.height,
      aspect: this.canvas.aspect,
    };
    return pickAtom(this.canvas.view, pointer, this.scene.positions, this.radii(this.scene));
  }

  private listen(): void {
    let pressed: { x: number; y: number } | null = null;
    this.stage.addEventListener("pointerdown", (event) => (pressed = { x: event.clientX, y: event.clientY }), true);
    this.stage.addEventListener(
      "pointerup",
      (event) => {
        const moved = pressed === null ? Infinity : Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
        pressed = null;
        if (moved <= CLICK_SLACK && event.button === 0) this.pick(this.atomUnder(event));
      },
      true,
    );
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => this.tip.classList.add("les-hidden"));
    this.stage.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.press(event.key)) event.preventDefault();
    });
  }

  private hover(event: PointerEvent): void {
    const index = event.buttons === 0 ? this.atomUnder(event) : null;
    this.tip.classList.toggle("les-hidden", index === null);
    this.stage.classList.toggle("les-over-atom", index !== null);
    if (index === null || this.scene === null) return;
    const box = this.stage.getBoundingClientRect();
    this.tip.textContent = describeAtom(this.scene, index);
    const left = Math.min(event.clientX - box.left + 14, box.width - this.tip.offsetWidth - 6);
    const top = Math.min(event.clientY - box.top + 16, box.height - this.tip.offsetHeight - 6);
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** Act on a key; say whether it meant something. */
  private press(key: string): boolean {
    const turns: Record<string, [Vector, number]> = {
      ArrowLeft: [[0, 1, 0], -TURN_STEP],
      ArrowRight: [[0, 1, 0], TURN_STEP],
      ArrowUp: [[1, 0, 0], -TURN_STEP],
      ArrowDown: [[1, 0, 0], TURN_STEP],
    };
    const turn = turns[key];
    if (turn !== undefined) this.turn(...turn);
    else if (key === "+" || key === "=") this.zoom(0.9);
    else if (key === "-") this.zoom(1 / 0.9);
    else if (key === "n" || key === "p") this.step(key === "n" ? 1 : -1);
    else if (key === "Escape") this.pick(null);
    else return false;
    return true;
  }

  private turn(axis: Vector, angle: number): void {
    const view = this.canvas.view;
    const turned = multiply(turnAbout(axis, angle), quaternionOf(view));
    this.canvas.view = [view[0], view[1], view[2], view[3], ...turned];
  }

  private zoom(factor: number): void {
    const view = this.canvas.view;
    view[3] = CAMERA_Z - Math.max(1, (CAMERA_Z - view[3]) * factor);
    this.canvas.view = view;
  }

  private step(by: number): void {
    const count = this.scene?.numbers.length ?? 0;
    if (count > 0) this.pick(this.picked === null ? 0 : (this.picked + by + count) % count);
  }

  private lookAlong(direction: Direction): void {
    if (this.scene === null) return;
    const row = "abc".indexOf(direction);
    const cell = this.scene.cell ?? Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const axis = cell.subarray(3 * row, 3 * row + 3) as unknown as Vector;
    this.canvas.reset(this.scene, turnTowardsViewer([axis[0], axis[1], axis[2]]));
  }

  private reset(): void {
    if (this.scene !== null) this.canvas.reset(this.scene);
  }

  private savePicture(): void {
    if (this.scene === null || this.theme === null) return;
    this.canvas.render();
    download(composePicture(this.canvas.pixels, this.scene, this.theme), "structure.png");
  }
}

/** Element, index and value of an atom, as hover and pick show them. */
export function describeAtom(scene: Scene, index: number): string {
  const symbol = scene.species.get(scene.numbers[index]!)?.symbol ?? "?";
  const name = `${symbol} \u00b7 atom ${index}`;
  if (scene.values === null) return name;
  const value = signed(scene.values[index]!, digitsFor(scene.limit) + 1);
  return `${name} \u00b7 ${scene.label} ${value} ${scene.unit}`.trimEnd();
}
