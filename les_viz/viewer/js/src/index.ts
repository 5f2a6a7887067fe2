// One module for two hosts: Streamlit calls the default export with its arguments; anywidget calls it without any.
import { type StreamlitArguments, mountInStreamlit, render } from "./hosts.ts";

export default function lesViewer(host?: StreamlitArguments): (() => void) | undefined | { render: typeof render } {
  return host === undefined ? { render } : mountInStreamlit(host);
}

/** The library below, for pictures that py3Dmol writes: they find it here instead of on the network. */
export * as $3Dmol from "3dmol/build/3Dmol.es6-min.js";
