// One module for two hosts: Streamlit calls the default export with its arguments; anywidget calls it without any.
import { type StreamlitArguments, mountInStreamlit, render } from "./hosts.ts";

export default function lesViewer(host?: StreamlitArguments): (() => void) | undefined | { render: typeof render } {
  return host === undefined ? { render } : mountInStreamlit(host);
}
