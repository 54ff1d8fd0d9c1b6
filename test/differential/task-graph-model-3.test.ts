// More seeds: see the first file.
import { testSeeds } from "./task-graphs/seeds.js";

testSeeds(2);
