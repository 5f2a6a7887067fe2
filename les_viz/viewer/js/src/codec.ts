// Scenes and grids out of their containers.
import { type Bytes, Container } from "./container.ts";
import {
  type ArrowHeader,
  type Arrows,
  type GridValues,
  HEADER_KEYS,
  type Look,
  SCENE_VERSION,
  type Scene,
  type Species,
  type TensorHeader,
  type Tensors,
  type Volume,
  type VolumeHeader,
} from "./scene.ts";

interface Header {
  viewer: string;
  digest: string;
  label: string;
  unit: string;
  limit: number;
  selected: number | null;
  selection: number[];
  look: Look | null;
  species: Species[];
  arrows: ArrowHeader[];
  tensors: TensorHeader | null;
  volume: VolumeHeader | null;
  run: string | null;
  is_movable: boolean;
  height: number | null;
}

export const openContainer = (input: Bytes): Container => new Container(input, SCENE_VERSION);

export const decodeScene = (input: Bytes): Scene => sceneIn(openContainer(input));

export function sceneIn(box: Container): Scene {
  box.require(HEADER_KEYS);
  const header = box.header as unknown as Header;
  const numbers = box.bytesOf("numbers");
  const positions = box.floats("positions");
  if (numbers === null || positions === null) throw new Error("scene: numbers and positions are required");
  if (positions.length !== 3 * numbers.length) throw new Error("scene: expected three coordinates an atom");
  return {
    viewer: header.viewer,
    digest: header.digest,
    label: header.label,
    unit: header.unit,
    limit: header.limit,
    selected: header.selected,
    selection: header.selection,
    look: header.look,
    species: new Map(header.species.map((s) => [s.number, s])),
    numbers,
    positions,
    cell: box.floats("cell"),
    values: box.floats("values"),
    arrows: header.arrows.map((arrows, i) => arrowsIn(box, arrows, i)),
    tensors: header.tensors === null ? null : tensorsIn(box, header.tensors),
    volume: header.volume === null ? null : volumeIn(box, header.volume),
    run: header.run,
    isMovable: header.is_movable,
    height: header.height,
  };
}

function arrowsIn(box: Container, header: ArrowHeader, i: number): Arrows {
  const [origins, vectors] = [box.floats(`arrows${i}.origins`), box.floats(`arrows${i}.vectors`)];
  if (origins === null || vectors === null) throw new Error("scene: arrows need origins and vectors");
  return { ...header, origins, vectors, atoms: box.indices(`arrows${i}.atoms`) };
}

function tensorsIn(box: Container, header: TensorHeader): Tensors {
  const [atoms, values] = [box.indices("tensors.atoms"), box.floats("tensors.values")];
  if (atoms === null || values === null) throw new Error("scene: tensors need atoms and values");
  return { ...header, atoms, values };
}

function volumeIn(box: Container, header: VolumeHeader): Volume {
  return { ...header, values: gridValuesIn(box) };
}

/** The values of a grid, in a scene or alone. */
export function gridValuesIn(box: Container): GridValues | null {
  const values = box.floats("volume.values");
  return values === null ? null : { values, shape: box.shape("volume.values") as [number, number, number] };
}
