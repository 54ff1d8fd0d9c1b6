// The door `millrace/testing`: what tests of workflows need.
export { SimulatedClock } from "../testing/simulated-clock.js";
