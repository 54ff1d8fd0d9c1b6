// The exports of exploration, nothing else: together with index.ts they are the explorer's module. Numbers in, numbers out.
import { beginInvariants, nameStates } from "./invariants";
import { closeSearch, continueSearch, nodesOf, openSearch, searchField, setSearchPayload, startSearch } from "./search";

/** Begins an exploration of a loaded program, of which `eventCount` events are offered. False: out of memory. */
export function exploreOpen(program: usize, eventCount: u32, configurationMax: u32, sizeMax: f64, depthMax: u32): bool {
  closeSearch();
  return openSearch(program, eventCount, configurationMax, sizeMax, depthMax);
}

/** What comes with results and, `isForEvents`, with events: a wire value. False: out of memory. */
export function explorePayload(address: usize, size: u32, isForEvents: bool): bool {
  return setSearchPayload(address, size, isForEvents);
}

/** The invariants are the guards of `count` transitions from `first` on, in this order. False: there are too many. */
export function exploreInvariants(first: u32, count: u32): bool {
  return beginInvariants(first, count);
}

/** The variable in `slot` is the list of the active states' names; `address`: the names of all nodes, a wire LIST. */
export function exploreNames(slot: u32, address: usize, size: u32): bool {
  return nameStates(slot, address, size);
}

/** Starts with a wire MAP of values. False: out of memory. */
export function exploreStart(address: usize, size: u32): bool {
  return startSearch(address, size);
}

/** Goes on for about so many steps. An ExploreStatus. */
export function exploreMore(steps: u32): i32 {
  return continueSearch(steps);
}

/** An ExploreField. */
export function exploreField(field: i32): u32 {
  return searchField(field);
}

/** Count of the active nodes of a configuration, their numbers as u32 in the payload area; -1: out of memory. */
export function exploreNodes(configuration: usize): i32 {
  return nodesOf(configuration);
}

/** Ends the exploration. */
export function exploreClose(): void {
  closeSearch();
}
