// The engine's limits: each queue, buffer and loop has its bound here, with its unit.

/** A checkpoint is due when it would take as long as this many small entries to replay what came since the last one … */
export const CHECKPOINT_INTERVAL_ENTRIES = 256;
/** … and so many times what came since is as large as the last checkpoint, … */
export const CHECKPOINT_WRITE_FACTOR = 8;
/** … or at the latest when it would take as long as so many. */
export const CHECKPOINT_COST_MAX = 4_096;
/** Sub-workflows within sub-workflows: a run at this depth starts no child. The topmost run has depth 0. */
export const WORKFLOW_DEPTH_MAX = 32;
/** Events that a listener may lag behind a live run; beyond it the listener goes back to reading history. */
export const EVENT_BUFFER_MAX = 1_024;
/** Runs with an unread change that a reader of `runs.changes()` may have; beyond it the reader fails with `engine/too-slow`. */
export const CHANGES_BUFFER_MAX = 10_000;
/** Runs of one call from which on they are started in one step of the kernel, this many at a time. */
export const BULK_START_RUNS = 16;
/** Runs that one such step starts at most: about a millisecond. */
export const BULK_STEP_RUNS = 1_024;
/** Rounds of parents and children that are stepped into one commit; the rest goes into the next. */
export const FOLLOW_UP_ROUNDS_MAX = 64;
/** Sent events that may wait for one run to become quiet; beyond it `send` rejects with `run/queue-full`. */
export const WAITING_EVENTS_MAX = 65_536;
/** Ended runs of durability `none` that stay readable; the oldest go first. */
export const VOLATILE_ENDED_RUNS_MAX = 10_000;
/**
 * A history of durability `none` is cut when so many entries have come since the last cut; what came before the cut before is
 * forgotten. So at least as many are kept, in at most some 300 KB where they have no payloads.
 */
export const VOLATILE_SPAN_ENTRIES = 16_384;
/** Events of packed calls that wait to become part of histories: of a repeated call each counts once, of another one JOURNAL_EVENT_WEIGHT times. */
export const JOURNAL_WEIGHT_MAX = 1_048_576;
/** What it costs to keep such an event and to write it into its run's history, against one of a repeated call: 65,536 of them take 1 to 2 ms. */
export const JOURNAL_EVENT_WEIGHT = 16;
/** How long steps may follow each other without giving the event loop a turn, ms. */
export const PUMP_SLICE_MS = 4;
/** What arrived and is stepped in one turn: a millisecond or two. A turn that took more would keep the page from its own work. */
export const TURN_ARRIVALS_MAX = 256;
/** The same where runs are stored by default: what is stepped in one turn is committed as one group, and small groups cost more than they free. */
export const TURN_ARRIVALS_STORED_MAX = 2_048;
/** Runs of one call that are made without a look at the time. */
export const START_SLICE_RUNS = 128;
/** Kernel calls of one replay without giving the event loop a turn. */
export const REPLAY_SLICE_STEPS = 256;
/** Runs that were looked at step by step and whose history and replay are kept for the next look; the oldest go first. */
export const TRIPS_KEPT_MAX = 4;
/** How long after the last look, ms. */
export const TRIP_IDLE_MS = 60_000;
/** A snapshot is taken on the way whenever so many entries have been replayed since the last one. */
export const TRIP_INTERVAL_ENTRIES = 64;
/** Snapshots of one run. Where there would be more, every other one goes and the interval doubles. */
export const TRIP_SNAPSHOTS_MAX = 256;
/** Bytes of the snapshots of one run; what is larger by itself is not kept. */
export const TRIP_SNAPSHOTS_SIZE_MAX = 16 * 2 ** 20;
/** Entries that are kept of one run; a longer history is read again with each look. */
export const TRIP_ENTRIES_MAX = 262_144;
/** How often a step of a fork that is told anew goes on where fuel ran out, each time by up to 20,000 microsteps, before it is left to the loop. */
export const RETELLING_CONTINUES_MAX = 64;
/** Default of `EngineOptions.cancelTimeoutMs`. */
export const CANCEL_TIMEOUT_MS_DEFAULT = 5_000;
/** A run whose commit failed goes back to its stored state after this long, ms. */
export const RELOAD_DELAY_MS = 1_000;
/** One that could not be read is read again after as long, then after twice as long and so on, at most this long, ms. */
export const REREAD_DELAY_MS_MAX = 30_000;
/** Workflows that stay loaded without a run or a recent use. */
export const PROGRAMS_KEPT_MAX = 1_000;
/** Runs that are taken up before the loop begins, when this engine takes a journal over; the first of them moves the sooner … */
export const RECOVERY_FIRST_RUNS = 64;
/** … and that are read and taken up together after that. */
export const RECOVERY_SLICE_RUNS = 512;
/** A kernel is replaced whose memory has grown to so many bytes … */
export const RECYCLE_SIZE_MIN = 64 * 1024 * 1024;
/** … of which no more than this part is in use. */
export const RECYCLE_USED_PART_MAX = 0.4;
/** It is looked at so long after a run has ended, ms. */
export const RECYCLE_LOOK_MS = 5_000;
/** How often one call of the pure `transition` goes on where fuel ran out, each time by up to 20,000 microsteps. */
export const TRANSITION_CONTINUES_MAX = 250;
/** Commands of the kernel that one call of the pure `transition` collects. */
export const TRANSITION_COMMANDS_MAX = 100_000;

// --- scheduling ---------------------------------------------------------------------------------------------------

/** Default of `SchedulingOptions.tasksInFlightMax`: more than a page's handlers ever serve at once. */
export const TASKS_IN_FLIGHT_MAX_DEFAULT = 262_144;
/** Default of `SchedulingOptions.queueMax`, tasks: as many as one run may have under way. */
export const TASKS_QUEUED_MAX_DEFAULT = 1_048_576;
/** A page that is watched is looked at again at most so often, ms. */
export const LIVE_QUERY_INTERVAL_MS = 50;
/** So long after the first end since the last clean-up the next one begins, ms. */
export const CLEAN_UP_DELAY_MS = 60_000;
/** Journals that are taken over so soon after an engine was opened were left before that, ms. */
export const LEFT_BEFORE_MS_MAX = 5_000;
/** How often a call that may be done twice is passed to the driver of a run, and how long it waits between, ms. */
export const REMOTE_ATTEMPTS_MAX = 20;
export const REMOTE_RETRY_MS = 100;
/** Default of `SchedulingOptions.tasksInFlightMaxByRun` where the platform does not tell how many processors it has. */
export const TASKS_BY_RUN_MAX_DEFAULT = 8;
/** Below this load `auto` is `parallel`. */
export const LOAD_PARALLEL_MAX = 0.5;
/** Below this load `auto` is `hybrid`, from it on `sequential`. */
export const LOAD_HYBRID_MAX = 0.8;
/** A wait of this long in the queue counts as a load of 1, ms. */
export const QUEUE_DELAY_FULL_MS = 1_000;
/** The wait that load counts is a mean: a new one weighs 1 in so many. */
export const QUEUE_DELAY_WEIGHT = 16;
/** A level of priority is worth a wait of so many calls that go out meanwhile. */
export const PRIORITY_AGE_CALLS = 32;
/** A lane that has waited so many calls for two limits at once has both kept free for it. */
export const OVERDUE_CALLS = 1_024;
/** Entries of a lane from which on its holes are taken out, when they are half of it. */
export const LANE_COMPACTION_MIN = 32;
/** Ended runs whose metrics stay readable; the oldest go first. */
export const METRICS_KEPT_MAX = 10_000;
/** Tasks that must have ended before an adaptive limit is looked at again. */
export const ADAPTIVE_TASKS_MIN = 16;

// --- export and import --------------------------------------------------------------------------------------------

/** Records that an export asks the store for at a time: the largest page. */
export const EXPORT_PAGE_RUNS = 1_000;
/** Runs, and bytes of their history, that are imported in one commit; a larger family is a commit of its own. */
export const IMPORT_BATCH_RUNS = 256;
export const IMPORT_BATCH_SIZE = 4 << 20;
/** Refused and untouched runs that a report lists. */
export const IMPORT_LIST_MAX = 1_000;

// --- logs ---------------------------------------------------------------------------------------------------------

/** Log entries that no commit has taken along are written after so long, ms. */
export const LOGS_FLUSH_DELAY_MS = 250;
/** Bytes of the logs of all runs of durability `none`. */
export const VOLATILE_LOGS_SIZE_MAX = 16 << 20;
/** Such runs, from which on those that are not open any more lose their logs; so many are looked at with each entry. */
export const VOLATILE_LOGS_FORGOTTEN_RUNS = 10_000;
/** A timer that fires so long after it was due is told of, ms. */
export const TIMER_LATE_MS = 1_000;
