// The playground's entry: styles, then everything that follows the page's state, then the page.
import "./styles/theme.css";
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/text.css";
import "./styles/diagram.css";
import "./styles/run.css";
import "./styles/phone.css";
import { render } from "preact";
import { followAddress } from "./app/address.js";
import { App } from "./app/app.js";
import { applyTheme } from "./app/preferences.js";
import { followShortcuts } from "./app/shortcuts.js";
import { followShown } from "./diagram/shown.js";
import { followAnalysis } from "./proof/proof.js";
import { followSimulation } from "./simulation/simulation.js";
import { connect } from "./run/connection.js";
import { followOpenRun } from "./run/open-run.js";
import { followParameters } from "./run/run-input.js";
import { followRuns } from "./run/run-list.js";
import { followTime } from "./run/run-marks.js";
import { followSource } from "./text/draft.js";

applyTheme();
followAddress();
followSource();
followAnalysis();
followSimulation();
followParameters();
followOpenRun();
followRuns();
followShown();
followShortcuts();
followTime();
void connect();

const host = document.getElementById("app");
if (host) render(<App />, host);
