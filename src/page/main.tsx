import "./without-eval.ts";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/list.css";
import "./style/dialog.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { createPageState, PageStateContext, startPageState } from "./state/page-state.ts";

const root = document.getElementById("app");
if (root !== null) {
  const state = createPageState();
  startPageState(state);
  render(
    <PageStateContext.Provider value={state}>
      <App />
    </PageStateContext.Provider>,
    root,
  );
}
