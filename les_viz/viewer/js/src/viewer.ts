// One viewer: stage, overlays, toolbar; scenes come in, selections go out, and what is a matter of looking stays here.
import { Annotations } from "./annotations.ts";
import { type Pointer, type Quaternion, type View, pickAtom, project, turnTowardsViewer, turned, zoomed } from "./camera.ts";
import { Canvas } from "./canvas.ts";
import { Colorbar } from "./colorbar.ts";
import { describeAtom } from "./describe.ts";
import { make } from "./dom.ts";
import { Drag, type Grip, type Move, movedPositions } from "./drag.ts";
import { Gizmo } from "./gizmo.ts";
import { type KeyActions, KEYS_IN_WORDS, press } from "./keyboard.ts";
import type { Frame, Piece, Seek } from "./frames.ts";
import { Legend, legendLines } from "./legend.ts";
import { composePicture, download } from "./picture.ts";
import { type OnShow, type OnTick, Playback } from "./playback.ts";
import { type Placed, Placer, placeOf } from "./placed.ts";
import { listenToPointer } from "./pointer.ts";
import { type Drawing, FIRST_DRAWING, LABELS, atomRadius, drawingOf } from "./representation.ts";
import { type GridValues, type Scene, covalentRadii, reachesElsewhere, sameSubject } from "./scene.ts";
import { type Click, NOTHING, type Selection, clicked, sameSelection, selectionAfter } from "./selection.ts";
import { STYLES } from "./styles.ts";
import { type Theme, applyTheme, readTheme, watchTheme } from "./theme.ts";
import { Tip } from "./tip.ts";
import { type Direction, Toolbar } from "./toolbar.ts";
import { type Vector, row } from "./vectors.ts";

export type OnSelect = (selection: Selection) => void;

/** What is kept when a viewer ends, for the next one of the same name. */
export interface Souvenir {
  sent: Scene | null;
  view: View;
  drawing: Drawing;
}

export class Viewer {
  readonly root: HTMLElement;
  onSelect: OnSelect = () => {};
  onMove: (move: Move) => void = () => {};
  private readonly stage: HTMLElement;
  private readonly canvas: Canvas;
  private readonly bar: Colorbar;
  private readonly gizmo: Gizmo;
  private readonly legend: Legend;
  private readonly notes: Annotations;
  private readonly tip: Tip;
  private readonly pickPanel: HTMLElement;
  private readonly toolbar: Toolbar;
  private readonly playback: Playback;
  private readonly drag: Drag;
  private readonly drawing: Drawing = { ...FIRST_DRAWING };
  private sent: Scene | null = null;
  /** What colours the atoms right now: the scene's values, or those of the frame. */
  private values: Float32Array | null = null;
  private placer: Placer | null = null;
  private placed: Placed | null = null;
  private theme: Theme | null = null;
  private selection: Selection = NOTHING;
  private isMeasuring = false;
  private wish = "";
  private relight = 0;
  private litFrom = "";
  private drawnSize = "";
  private grid: { digest: string; values: GridValues } | null = null;
  private unwatch: () => void = () => {};
  private readonly resizes = new ResizeObserver(() => this.resized());

  private souvenir: Souvenir | null;

  constructor(parent: HTMLElement, souvenir: Souvenir | null = null) {
    this.souvenir = souvenir;
    this.root = make("div", "les-viewer", parent);
    make("style", "", this.root).textContent = STYLES;
    this.stage = make("div", "les-stage", this.root);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.canvas = new Canvas(this.stage, () => this.follow());
    this.notes = new Annotations(this.stage);
    this.bar = new Colorbar(this.stage);
    this.gizmo = new Gizmo(this.stage);
    this.legend = new Legend(this.stage);
    this.pickPanel = make("div", "les-panel les-pick les-hidden", this.stage);
    this.pickPanel.setAttribute("role", "status");
    this.tip = new Tip(this.stage);
    this.toolbar = new Toolbar(this.root, {
      redraw: (change) => this.redraw(change),
      toggleMeasuring: () => this.toggleMeasuring(),
      toggleMoving: () => this.toggleMoving(),
      lookAlong: (direction) => this.lookAlong(direction),
      reset: () => this.reset(),
      savePicture: () => this.savePicture(),
    });
    const show = (frame: Frame, isMoving: boolean) => this.showFrame(frame, isMoving);
    this.playback = new Playback(this.root, this.toolbar.row, show, () => this.root.isConnected);
    this.drag = new Drag(this.stage, {
      eye: () => this.canvas.eye,
      grip: (at) => this.gripAt(at),
      show: (move) => this.showMove(move),
      drop: (move) => this.onMove(move),
    });
    if (souvenir !== null) Object.assign(this.drawing, souvenir.drawing);
    this.listen();
    this.drawnSize = Object.values(this.canvas.size).join(" ");
    this.resizes.observe(this.stage);
    this.attached();
  }

  /** Put the viewer into another place of the page; context and camera stay. */
  attachTo(parent: HTMLElement): void {
    if (this.root.parentElement === parent) return;
    parent.appendChild(this.root);
    this.attached();
  }

  update(scene: Scene): void {
    if (scene.digest === this.sent?.digest) {
      if (this.drag.wasRefused()) this.draw(true);
      return;
    }
    this.drag.wasAnswered();
    const same = sameSubject(this.sent, scene);
    const isWider = same && reachesElsewhere(this.sent, scene);
    this.sent = scene;
    this.selection = selectionAfter(same ? this.selection : NOTHING, scene);
    this.heedLook(scene);
    this.fillGrid();
    if (scene.run === null) this.playback.take(null);
    this.draw(same);
    this.rememberView(scene);
    if (isWider) this.reset(this.canvas.rotation);
    this.stage.setAttribute("aria-label", `3D structure of ${scene.numbers.length} atoms. ${KEYS_IN_WORDS}`);
  }

  /** Take the values of a grid that scenes name by their digest. */
  takeGrid(digest: string, values: GridValues): void {
    this.grid = { digest, values };
    if (this.fillGrid()) this.draw(true);
  }

  /** Take frames of a trajectory. */
  takeFrames(piece: Piece): void {
    this.playback.take(piece);
  }

  /** Go to a frame of the trajectory; to one that is not new only when the trajectory begins again. */
  seek(seek: Seek, isNew: boolean): void {
    this.playback.seek(seek, isNew);
  }

  /** Hold the picture of a run at a time, fs. */
  holdAt = (run: string, time: number): void => this.playback.holdAt(run, time);

  set onShow(onShow: OnShow) {
    this.playback.onShow = onShow;
  }

  set onTick(onTick: OnTick) {
    this.playback.onTick = onTick;
  }

  keepsake(): Souvenir {
    return { sent: this.sent, view: this.canvas.view, drawing: this.drawing };
  }

  dispose(): void {
    this.unwatch();
    this.resizes.disconnect();
    this.playback.dispose();
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
    if (this.placed !== null) this.canvas.render();
  }

  private resized(): void {
    const size = Object.values(this.canvas.size).join(" ");
    if (!this.root.isConnected || this.canvas.size.width === 0 || size === this.drawnSize) return;
    this.drawnSize = size;
    const isBlind = !this.canvas.view.every(Number.isFinite); // drawn before the page had a place for it, as in Jupyter
    this.canvas.resize(); // which draws, and so calls `follow`
    if (isBlind) this.reset();
  }

  /** Draw as Python wishes, when the wish is a new one. */
  private heedLook({ look }: Scene): void {
    const wish = JSON.stringify(look);
    if (look === null || wish === this.wish) return;
    this.wish = wish;
    Object.assign(this.drawing, drawingOf(look));
  }

  /** A viewer of the same name ended a while ago: look from where it looked. */
  private rememberView(scene: Scene): void {
    if (this.souvenir !== null && sameSubject(this.souvenir.sent, scene)) this.canvas.view = this.souvenir.view;
    this.souvenir = null;
  }

  private fillGrid(): boolean {
    const volume = this.sent?.volume ?? null;
    if (volume === null || volume.values !== null || volume.grid !== this.grid?.digest) return false;
    volume.values = this.grid.values;
    return true;
  }

  private redraw(change: Partial<Drawing>): void {
    Object.assign(this.drawing, change);
    this.draw(true);
    if (change.supercell !== undefined || change.places !== undefined) this.reset(this.canvas.rotation);
  }

  private draw(isSameSubject: boolean): void {
    const scene = this.sent;
    if (scene === null) return;
    this.placer = new Placer(scene, covalentRadii(scene), this.drawing);
    this.placed = this.placer.place(scene.positions);
    this.values = scene.values;
    this.gizmo.setCell(this.placed.cell);
    this.canvas.setProjection(this.drawing.isOrthographic);
    this.canvas.draw(this.placed, this.drawing, isSameSubject);
    this.placeFrame(this.playback.frame, this.playback.isPlaying);
    this.refresh();
  }

  private showFrame(frame: Frame, isMoving = false): void {
    if (!this.placeFrame(frame, isMoving)) return;
    this.canvas.render();
    this.describe();
  }

  /** Move the atoms to a frame, if it is one of this structure; what belongs to the scene's own places is hidden. */
  private placeFrame(frame: Frame | null, isMoving = false): boolean {
    const scene = this.sent;
    if (frame === null || scene === null || this.placer === null || frame.positions.length !== scene.positions.length) return false;
    this.placed = this.placer.place(frame.positions, frame.cell);
    this.gizmo.setCell(this.placed.cell);
    this.values = frame.values ?? scene.values;
    if (isMoving && this.canvas.sketchFrame(this.placed, this.drawing, this.values)) return true;
    this.canvas.hideLayers(scene);
    this.canvas.drawFrame(this.placed, this.drawing, this.values);
    return true;
  }

  private refresh(): void {
    const scene = this.sent;
    if (scene === null) return;
    this.bar.show(scene);
    const modes = { isMeasuring: this.isMeasuring, isMoving: this.drag.isOn, canMove: scene.isMovable };
    this.toolbar.show(this.drawing, scene.cell !== null, modes);
    this.stage.classList.toggle("les-bare", !this.drawing.hasLegend);
    this.canvas.render(); // which calls `follow`
    this.describe();
  }

  private describe(): void {
    const { picked } = this.selection;
    this.pickPanel.classList.toggle("les-hidden", picked === null);
    this.pickPanel.textContent = picked === null || this.sent === null ? "" : describeAtom(this.sent, picked, this.values);
  }

  /** Keep what lies over the picture in step with the camera. */
  private follow(): void {
    const { placed, theme } = this;
    if (placed === null || theme === null || this.notes === undefined) return; // 3Dmol draws before all is there
    const { eye, size } = this.canvas;
    this.gizmo.turn(this.canvas.rotation);
    const { scene } = placed;
    const { atoms } = this.selection;
    this.notes.show(eye, size, theme, { placed, values: this.values, radii: this.radii(scene), atoms, labels: this.drawing.labels });
    this.legend.show(legendLines(scene, this.pixelsPerAngstrom()));
    this.relightLater();
  }

  private pixelsPerAngstrom(): number {
    const { eye, size } = this.canvas;
    const middle: Vector = [-eye.view[0], -eye.view[1], -eye.view[2]];
    return (project(eye, middle).scale * size.height) / 2;
  }

  /** A slice is lit like all surfaces: once the camera rests, turn it to the lamp. */
  private relightLater(): void {
    const turned = this.canvas.rotation.join();
    if (this.sent?.volume?.slice == null || turned === this.litFrom) return;
    this.litFrom = turned;
    cancelAnimationFrame(this.relight);
    this.relight = requestAnimationFrame(() => {
      if (this.canvas.lightFlat()) this.canvas.render();
    });
  }

  private select(selection: Selection): void {
    if (sameSelection(selection, this.selection)) return;
    this.selection = selection;
    this.refresh();
    this.onSelect(selection);
  }

  private radii(scene: Scene): Float32Array {
    return covalentRadii(scene).map((radius) => atomRadius(this.drawing.representation, radius));
  }

  private atomUnder(pointer: Pointer): number | null {
    if (this.placed === null) return null;
    const { scene, positions, count } = this.placed;
    const own = this.radii(scene);
    const radii = Float32Array.from({ length: positions.length / 3 }, (_, k) => own[k % count]!);
    const hit = pickAtom(this.canvas.eye, pointer, positions, radii);
    return hit === null ? null : hit % count;
  }

  private gripAt(at: Pointer): Grip | null {
    const atom = this.sent?.isMovable === true && this.playback.restsAt(this.sent.positions) ? this.atomUnder(at) : null;
    return atom === null || this.placed === null ? null : { atom, place: placeOf(this.placed, atom) };
  }

  private showMove(move: Move): void {
    if (this.sent !== null) this.showFrame({ positions: movedPositions(this.sent.positions, move), values: this.values, time: null, cell: null });
  }

  private listen(): void {
    listenToPointer(this.stage, {
      click: (at, isAdding) => {
        const click: Click = this.isMeasuring ? "measure" : isAdding ? "add" : "alone";
        this.select(clicked(this.selection, this.atomUnder(at), click));
      },
      hover: (at, left, top) => this.hover(at, left, top),
    });
    this.stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (press(event.key, this.keys)) event.preventDefault();
    });
  }

  private hover(at: Pointer | null, left: number, top: number): void {
    const atom = at === null ? null : this.atomUnder(at);
    this.stage.classList.toggle("les-over-atom", atom !== null);
    this.tip.show(atom === null || this.sent === null ? null : describeAtom(this.sent, atom, this.values), left, top);
  }

  private readonly keys: KeyActions = {
    turn: (axis, angle) => (this.canvas.view = turned(this.canvas.view, axis, angle)),
    zoom: (factor) => (this.canvas.view = zoomed(this.canvas.view, factor)),
    step: (by) => {
      const count = this.sent?.numbers.length ?? 0;
      const { picked } = this.selection;
      if (count > 0) this.select(clicked(NOTHING, picked === null ? 0 : (picked + by + count) % count, "alone"));
    },
    letGo: () => this.select(NOTHING),
    lookAlong: (direction) => this.lookAlong(direction),
    reset: () => this.reset(),
    toggleOrthographic: () => this.redraw({ isOrthographic: !this.drawing.isOrthographic }),
    toggleMeasuring: () => this.toggleMeasuring(),
    toggleMoving: () => this.toggleMoving(),
    nextLabels: () => {
      const now = LABELS.findIndex(({ name }) => name === this.drawing.labels);
      this.redraw({ labels: LABELS[(now + 1) % LABELS.length]!.name });
    },
    play: () => this.playback.play(),
    stepFrame: (by) => this.playback.stepFrame(by),
  };

  private toggleMeasuring(): void {
    this.isMeasuring = !this.isMeasuring;
    this.refresh();
  }

  private toggleMoving(): void {
    this.drag.isOn = !this.drag.isOn;
    this.refresh();
  }

  private lookAlong(direction: Direction): void {
    const cell = this.placed?.cell ?? Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    this.reset(turnTowardsViewer(row(cell, "abc".indexOf(direction))));
  }

  private reset(rotation?: Quaternion): void {
    if (this.placed !== null) this.canvas.reset(this.placed, rotation);
  }

  private savePicture(): void {
    if (this.placed === null || this.theme === null) return;
    this.placeFrame(this.playback.frame);
    this.canvas.render();
    const lines = this.drawing.hasLegend ? legendLines(this.placed.scene, this.pixelsPerAngstrom()) : [];
    const layers = { pixels: this.canvas.pixels, notes: this.notes.canvas, lines };
    download(composePicture(layers, this.placed.scene, this.theme), "structure.png");
  }
}
