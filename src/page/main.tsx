import "./without-eval.ts";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/list.css";
import "./style/dialog.css";
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("app");
if (root !== null) {
  render(<App />, root);
}
