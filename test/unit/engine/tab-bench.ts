// Engines in tabs of one simulated browser, on one simulated disk: what tests of several drivers share.
import { joinEngine, type JoinOptions } from "../../../src/create-engine.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type { Engine } from "../../../src/model/engine.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { createTabs } from "../../../src/tabs/shared-tabs.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { type DiskFaults, SimulatedDevice, type SimulatedDisk } from "../../../src/testing/simulated-disk.js";
import { type ChannelFaults, SimulatedBrowser, type SimulatedTab } from "../../../src/testing/simulated-tabs.js";

const kernelFactory = createKernelFactory();

export interface OpenTab {
  readonly engine: Engine;
  readonly tab: SimulatedTab;
  readonly disk: SimulatedDisk;
  /** Its process is killed: nothing of it happens any more. */
  kill(): void;
}

export interface TabBench {
  readonly clock: SimulatedClock;
  readonly browser: SimulatedBrowser;
  readonly device: SimulatedDevice;
  open(options?: JoinOptions, faults?: DiskFaults): Promise<OpenTab>;
  /** Lets time pass until something is so. */
  untilTrue(isSo: () => boolean, msMax?: number): Promise<void>;
  /** Lets time pass until a promise is settled. */
  until<T>(promise: Promise<T>, msMax?: number): Promise<T>;
}

/** How much time passes at a time while somebody waits, ms. */
const STEP_MS = 20;

export function makeTabBench(random?: () => number, faults?: ChannelFaults): TabBench {
  const clock = new SimulatedClock();
  const browser = new SimulatedBrowser(clock, random, faults);
  const device = new SimulatedDevice();
  const until = async <T>(promise: Promise<T>, msMax = 60_000): Promise<T> => {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    await clock.settle();
    await untilTrue(() => isSettled, msMax);
    return promise;
  };
  /** What is no part of the simulation (hashing a source) takes real time. */
  const untilTrue = async (isSo: () => boolean, msMax = 60_000): Promise<void> => {
    for (let ms = 0; !isSo() && ms < msMax; ms += STEP_MS) {
      await clock.advance(STEP_MS);
      if (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (!isSo()) throw new Error(`It did not come about within ${msMax} ms`);
  };
  return {
    clock,
    browser,
    device,
    until,
    untilTrue,
    async open(options = {}, diskFaults) {
      const tab = browser.openTab();
      const tabClock = tab.clock();
      const disk = device.connect(clock, diskFaults, (callback) => tab.whenAwake(callback));
      const opening = joinEngine({
        kernelFactory,
        clock: tabClock,
        durability: "relaxed",
        ...options,
        storePort: createJournalStore(disk, "simulated", { clock: tabClock, archiveRunsMin: 3 }),
        tabsPort: createTabs("simulated", tab),
      });
      const engine = await until(opening);
      return {
        engine,
        tab,
        disk,
        kill() {
          tab.kill();
          disk.kill();
        },
      };
    },
  };
}
