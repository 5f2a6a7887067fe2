// The look of the frame around the picture; colours come from the host's theme.
export const STYLES = `
.les-viewer { position: relative; width: 100%; height: 100%; min-height: 320px; display: flex; flex-direction: column;
  color: var(--les-text); font: 13px/1.35 var(--st-font, system-ui, sans-serif); }
.les-stage { position: relative; flex: 1 1 auto; min-height: 0; border-radius: 8px; overflow: hidden;
  border: 1px solid var(--les-line); outline: none; cursor: grab; }
.les-stage:focus-visible::after { content: ""; position: absolute; inset: 0; z-index: 3; border: 2px solid #f5b400;
  border-radius: 7px; pointer-events: none; }
.les-stage.les-over-atom { cursor: pointer; }
.les-canvas { position: absolute; inset: 0; }
.les-panel { position: absolute; z-index: 2; background: var(--les-panel); border-radius: 6px; padding: 6px 10px;
  pointer-events: none; }
.les-bar { right: 10px; top: 10px; width: 190px; }
.les-bar-title { margin-bottom: 4px; font-weight: 600; }
.les-bar-ramp { height: 12px; border-radius: 3px; }
.les-bar-ticks { display: flex; justify-content: space-between; margin-top: 2px; font-variant-numeric: tabular-nums; }
.les-pick { left: 10px; top: 10px; max-width: 55%; }
.les-tip { white-space: nowrap; box-shadow: 0 1px 6px #0004; }
.les-mark { position: absolute; inset: 0; z-index: 1; pointer-events: none; }
.les-mark circle { fill: none; }
.les-ring-edge { stroke: #000a; stroke-width: 5px; }
.les-ring { stroke: #f5b400; stroke-width: 3px; }
.les-gizmo { position: absolute; left: 6px; bottom: 6px; z-index: 2; pointer-events: none; }
.les-gizmo text { font: 600 12px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central; }
.les-tools { display: flex; flex-wrap: wrap; gap: 4px; padding-top: 6px; align-items: center; }
.les-tools button { font: inherit; color: inherit; background: transparent; border: 1px solid var(--les-line);
  border-radius: 6px; padding: 3px 9px; cursor: pointer; }
.les-tools button:hover { border-color: var(--les-text); }
.les-tools button:focus-visible { outline: 2px solid #f5b400; outline-offset: 1px; }
.les-tools button[aria-pressed="true"] { background: var(--les-line); font-weight: 600; }
.les-tools .les-gap { flex: 1 1 8px; }
.les-hidden { display: none; }
`;
