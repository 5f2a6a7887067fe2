// The words beside the pointer.
import { make } from "./dom.ts";

export class Tip {
  private readonly stage: HTMLElement;
  private readonly panel: HTMLElement;

  constructor(stage: HTMLElement) {
    this.stage = stage;
    this.panel = make("div", "les-panel les-tip les-hidden", stage);
  }

  show(text: string | null, left: number, top: number): void {
    this.panel.classList.toggle("les-hidden", text === null);
    if (text === null) return;
    this.panel.textContent = text;
    const x = Math.min(left + 14, this.stage.clientWidth - this.panel.offsetWidth - 6);
    const y = Math.min(top + 16, this.stage.clientHeight - this.panel.offsetHeight - 6);
    this.panel.style.transform = `translate(${x}px, ${y}px)`;
  }
}
