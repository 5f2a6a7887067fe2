// The look of the frame around the picture; colours come from the host's theme.
export const STYLES = `
.les-viewer { position: relative; width: 100%; height: 100%; min-height: 320px; display: flex; flex-direction: column;
  color: var(--les-text); font: var(--les-font-size, 13px)/1.35 var(--st-font, system-ui, sans-serif); }
.les-stage { position: relative; flex: 1 1 auto; min-height: 0; border-radius: 8px; overflow: hidden;
  border: 1px solid var(--les-line); outline: none; cursor: grab; }
.les-stage:focus-visible::after { content: ""; position: absolute; inset: 0; z-index: 3; border: 2px solid #f5b400;
  border-radius: 7px; pointer-events: none; }
.les-stage.les-over-atom { cursor: pointer; }
.les-canvas { position: absolute; inset: 0; }
.les-sketch { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.les-panel { position: absolute; z-index: 2; background: var(--les-panel); border-radius: 6px; padding: 6px 10px;
  pointer-events: none; }
.les-bar { right: 10px; top: 10px; width: 14.6em; }
.les-bar-title { margin-bottom: 4px; font-weight: 600; }
.les-bar-ramp { height: 12px; border-radius: 3px; }
.les-bar-ticks { display: flex; justify-content: space-between; margin-top: 2px; font-variant-numeric: tabular-nums; }
.les-pick { left: 10px; top: 10px; max-width: min(55%, 100% - 18em); } /* beside the bar */
.les-tip { white-space: nowrap; box-shadow: 0 1px 6px #0004; }
.les-notes { position: absolute; inset: 0; width: 100%; height: 100%; z-index: 1; pointer-events: none; }
.les-legend { right: 10px; bottom: 10px; max-width: 70%; }
.les-legend-line { display: flex; align-items: center; justify-content: flex-end; gap: 6px; }
.les-scale { position: relative; height: 3px; background: currentColor; border-radius: 2px; flex: none; }
.les-scale::after { content: ""; position: absolute; right: -3px; top: -4px; border: 5.5px solid transparent;
  border-right-width: 0; border-left-color: currentColor; }
.les-ramp { width: 56px; height: 9px; border-radius: 3px; flex: none; }
.les-ramp-end { font-variant-numeric: tabular-nums; white-space: nowrap; }
.les-bare .les-panel:not(.les-tip), .les-bare .les-gizmo { display: none; }
.les-gizmo { position: absolute; left: 6px; bottom: 6px; z-index: 2; pointer-events: none; }
.les-gizmo text { font: 600 12px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central; }
.les-tools, .les-half { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
.les-tools { padding-top: 6px; justify-content: space-between; }
.les-joined { display: flex; }
.les-tools .les-joined button { border-radius: 0; margin-left: -1px; }
.les-tools .les-joined button:first-child { border-radius: 6px 0 0 6px; margin-left: 0; }
.les-tools .les-joined button:last-child { border-radius: 0 6px 6px 0; }
.les-tools button, .les-tools select { font: inherit; color: inherit; background: transparent; border: 1px solid var(--les-line);
  border-radius: 6px; padding: 3px 9px; cursor: pointer; }
.les-tools select { padding: 3px 2px; max-width: 96px; }
.les-tools option { color: #1b1f27; background: #fff; }
.les-tools button:hover, .les-tools select:hover { border-color: var(--les-text); }
.les-tools button:focus-visible, .les-tools select:focus-visible { outline: 2px solid #f5b400; outline-offset: 1px; }
.les-tools button[aria-pressed="true"] { background: var(--les-line); font-weight: 600; }
.les-transport .les-scrub { flex: 1 1 120px; min-width: 80px; accent-color: #f5b400; }
.les-transport .les-play { min-width: 62px; }
.les-tools .les-live { border-color: #f5b400; background: #f5b40033; font-weight: 600; white-space: nowrap; }
.les-frame { font-variant-numeric: tabular-nums; white-space: nowrap; }
.les-hidden { display: none; }
`;
