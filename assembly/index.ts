// The kernel's exports, nothing else. All of them take and return numbers; none takes or returns an i64.
import { ABI_VERSION } from "./abi";
import { setNow as startClock } from "./machine";
import { prepareNative } from "./native";
import { preparePowers } from "./powers";

export { allocateBlock, allocatePermanent, allocateScratch, freeBlock, memorySize, memoryUsed, resetScratch, setMemoryLimits } from "./memory";
export { exchangeRegion, inputRegion, releaseInput, resultAddress, resultWire } from "./region";
export { decodeWire } from "./wire";
export { setNow } from "./evaluate";
export { setExpressionCost } from "./budget";
export { contextCost, contextSize, createContext, destroyContext, evaluateIn, evaluateMany, setContextBudget, setSlot, slotAddress } from "./context";
export { loadProgram, programCount, programStatus, unloadProgram } from "./loading";
export { expressionAt } from "./program";
export { compareTruth, computeBinary, nativeAddress, setNative } from "./native";
export { endSpent, endTurn, endWithRefusal, refuseSlowly } from "./evaluate";
export { doRareStep } from "./rare";
export { findField } from "./access";
export { skipColumn } from "./columns";
export { packedOddCount, stepOne, stepPacked } from "./packed";
export { stepBatch } from "./step";
export { commandCount, commandsAddress, outcomesAddress, payloadsAddress } from "./output";
export { runActiveNodes, runAwaits, runContext, runCount, runCreate, runDestroy, runLimit, runProgram, runRestore, runSetFlags, runSnapshot } from "./door";
export { addZone, missingZone } from "./zones";

preparePowers();
prepareNative();
startClock(0);

/** The version of abi.ts that this kernel was built with. */
export function abiVersion(): i32 {
  return ABI_VERSION;
}

/** For tests: ends this instance as a fault of the kernel would. */
export function trap(): void {
  unreachable();
}
