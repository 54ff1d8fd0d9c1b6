// Tabs that are killed, frozen, robbed and cut off, two that hold one lock, clocks that are set, on a disk that fails, fills and is slow, with messages that are lost,
// late or double: whatever happens, no acknowledged event is lost, no result counts twice, nothing is begun that is not recorded, and every run comes to its end.
import { testSeeds } from "./tabs/seeds.js";

testSeeds(2);
