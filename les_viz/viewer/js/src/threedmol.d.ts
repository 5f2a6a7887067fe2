// The part of 3Dmol that the canvas uses, private names included (its own types cover the public ones only).
declare module "3dmol/build/3Dmol.es6-min.js" {
  export interface Point {
    x: number;
    y: number;
    z: number;
  }
  export interface AtomStyle {
    sphere?: { radius: number; color?: number };
    stick?: { radius: number; color?: number };
  }
  export interface Atom extends Point {
    elem: string;
    index: number;
    serial: number;
    bonds: number[];
    bondOrder: number[];
    style: AtomStyle;
    capDrawn: boolean;
  }
  export interface Model {
    addAtoms(atoms: Partial<Atom>[]): void;
    selectedAtoms(selection: object): Atom[];
    molObj: unknown;
    renderedMolObj: { children: { geometry?: { dispose(): void } }[] } | null;
  }
  export interface CustomSpec {
    vertexArr: Point[];
    normalArr: Point[];
    faceArr: number[];
    color: number[];
  }
  export interface Geometry {
    geometryGroups: { normalArray: Float32Array }[];
    normalsNeedUpdate: boolean;
  }
  export interface Shape {
    color?: unknown;
    geo: Geometry;
    addCustom(spec: CustomSpec): void;
    addCylinder(spec: { start: Point; end: Point; radius: number; fromCap: string; toCap: string }): void;
  }
  export interface Viewer {
    readonly divwatcher?: ResizeObserver;
    readonly intwatcher?: IntersectionObserver;
    addModel(): Model;
    removeAllModels(): void;
    addShape(spec: object): Shape;
    removeShape(shape: Shape): void;
    getCanvas(): HTMLCanvasElement;
    getView(): number[];
    setView(view: readonly number[]): void;
    setViewChangeCallback(callback: () => void): void;
    setViewStyle(style: { style: string; color?: string; width?: number }): void;
    setProjection(kind: "perspective" | "orthographic"): void;
    setBackgroundColor(color: string, alpha: number): void;
    render(): void;
    resize(): void;
  }
  export function createViewer(element: HTMLElement, config: object): Viewer;
}
