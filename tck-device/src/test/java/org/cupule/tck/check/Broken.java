package org.cupule.tck.check;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/** Devices that are good but for one thing: one for each check, by the name of the check that must find it. */
final class Broken {
    private Broken() {
    }

    static Map<String, GoodFactory> all() {
        var all = new TreeMap<String, GoodFactory>();
        all.put("schema", new Schema());
        all.put("interfaces", new Interfaces());
        all.put("options", new Options());
        all.put("deadline", new Deadline());
        all.put("any-access", new AnyAccess());
        all.put("answers-fit", new AnswersFit());
        all.put("dma-stood", new DmaStood());
        all.put("dma-reported", new DmaReported());
        all.put("late-host", new LateHost());
        all.put("runs-alike", new RunsAlike());
        all.put("instances-apart", new InstancesApart());
        all.put("time-from-clock", new TimeFromClock());
        all.put("no-threads", new NoThreads());
        all.put("state-versions", new StateVersions());
        all.put("save-twice", new SaveTwice());
        all.put("save-undisturbing", new SaveUndisturbing());
        all.put("restore-same", new RestoreSame());
        all.put("restore-anywhere", new RestoreAnywhere());
        all.put("restore-refuses", new RestoreRefuses());
        all.put("restore-stands", new RestoreStands());
        all.put("old-states", new OldStates());
        all.put("lines-declared", new LinesDeclared());
        all.put("line-held", new LineHeld());
        all.put("pci-header", new PciHeader());
        all.put("pci-bars", new PciBars());
        all.put("messages-declared", new MessagesDeclared());
        all.put("messages-or-pin", new MessagesOrPin());
        all.put("reset-lowers", new ResetLowers());
        all.put("reset", new Reset());
        all.put("close", new Close());
        all.put("unplug-leaves-nothing", new UnplugLeavesNothing());
        return all;
    }

    /** The factory says another schema than its device. */
    static final class Schema extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public StateSchema schema() {
                    return new StateSchema("org.cupule.good", Set.of(2), Set.of(2));
                }
            };
        }
    }

    /** Has an option twice. */
    static final class Interfaces extends GoodFactory {
        @Override
        public DeviceSpec spec() {
            return DeviceSpec.of(function()).with(new Option("scale", "1", "One."), new Option("scale", "1", "Two."));
        }
    }

    /** Lets the parser's exception out. */
    static final class Options extends GoodFactory {
        @Override
        int scale(String text) {
            return Integer.parseInt(text);
        }
    }

    /** Computes for long when the guest writes the mode. */
    static final class Deadline extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void write(int register, int value) {
                    int mixed = value;
                    for (int i = 0; register == MODE && i < 200_000_000; i++) {
                        mixed = mixed * 31 + i;
                    }
                    super.write(register, mixed == 1 ? value + 4 : value);
                }
            };
        }
    }

    /** Has a table that is too short for odd offsets. */
    static final class AnyAccess extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                private final int[] halves = new int[32];

                @Override
                public long readMmio(int window, long offset, int size) {
                    return size == 2 ? halves[(int) offset] : super.readMmio(window, offset, size);
                }
            };
        }
    }

    /** Answers a read of half a register with all of it. */
    static final class AnswersFit extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public long readMmio(int window, long offset, int size) {
                    return size == 2 && offset == ID ? 0xA_600D : super.readMmio(window, offset, size);
                }
            };
        }
    }

    /** Takes memory for granted. */
    static final class DmaStood extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void transferred(boolean done) {
                    if (!done) {
                        throw new IllegalStateException("no memory there");
                    }
                    super.transferred(true);
                }
            };
        }
    }

    /** Says that a transfer was done, whatever happened. */
    static final class DmaReported extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void transferred(boolean done) {
                    super.transferred(true);
                }
            };
        }
    }

    /** Believes that timers are on time. */
    static final class LateHost extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                private long due;

                @Override
                void write(int register, int value) {
                    super.write(register, value);
                    due = timer.deadline();
                }

                @Override
                void tick() {
                    if (due != 0 && due != VmTimer.NEVER && context.clock().nanos() - due > 1_000_000_000L) {
                        throw new IllegalStateException("the timer is late");
                    }
                    super.tick();
                }
            };
        }
    }

    /** Answers by chance. */
    static final class RunsAlike extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                private final Random random = new Random();

                @Override
                int read(int register) {
                    return register == 0x30 ? random.nextInt() : super.read(register);
                }
            };
        }
    }

    /** Keeps its scratch register for all devices in common. */
    static final class InstancesApart extends GoodFactory {
        private static int scratch;

        @Override
        Device device(DeviceContext context) {
            scratch = 0;
            return new GoodDevice(context) {
                @Override
                int get(int register) {
                    return register == SCRATCH ? scratch : super.get(register);
                }

                @Override
                void set(int register, int value) {
                    if (register == SCRATCH) {
                        scratch = value;
                    }
                    super.set(register, value);
                }
            };
        }
    }

    /** Looks at the host's clock. */
    static final class TimeFromClock extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                int read(int register) {
                    return super.read(register) | (System.nanoTime() == 1 ? 1 : 0);
                }
            };
        }
    }

    /** Waits inside a call. */
    static final class NoThreads extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void write(int register, int value) {
                    LockSupport.parkNanos(1);
                    super.write(register, value);
                }
            };
        }
    }

    /** Gives its newest state, whatever was asked for. */
    static final class StateVersions extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public ModelState save(int version) {
                    return super.save(2);
                }
            };
        }
    }

    /** Counts how often it was saved, in its state. */
    static final class SaveTwice extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                private long saves;

                @Override
                ModelState.Builder more(ModelState.Builder state) {
                    return state.put("saves", ++saves);
                }
            };
        }
    }

    /** Lowers its line when it is saved. */
    static final class SaveUndisturbing extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                ModelState.Builder more(ModelState.Builder state) {
                    context.line(0, false);
                    return state;
                }
            };
        }
    }

    /** Forgets a field when it is restored. */
    static final class RestoreSame extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public void restore(ModelState state) {
                    super.restore(state);
                    set(SCRATCH, 0);
                }
            };
        }
    }

    /** Has a register that is not in its state. */
    static final class RestoreAnywhere extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void write(int register, int value) {
                    if (register == 0x30) {
                        set(0x30, value);
                    } else {
                        super.write(register, value);
                    }
                }
            };
        }
    }

    /** Takes a standard value for a field that is missing. */
    static final class RestoreRefuses extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void takeMode(ModelState state) {
                    if (state.has("mode")) {
                        super.takeMode(state);
                    }
                }
            };
        }
    }

    /** Believes the mode in a state, and uses it as an index. */
    static final class RestoreStands extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                private final int[] names = new int[MODES + 1];

                @Override
                void takeMode(ModelState state) {
                    set(MODE, (int) state.number("mode"));
                }

                @Override
                int read(int register) {
                    return register == 0x30 ? names[get(MODE)] : super.read(register);
                }
            };
        }
    }

    /** Wants a field that version 1 had not. */
    static final class OldStates extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void takeTicks(ModelState state) {
                    take(state, "ticks", TICKS, Integer.MIN_VALUE, Integer.MAX_VALUE);
                }
            };
        }
    }

    /** Drives a second line. */
    static final class LinesDeclared extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void pin() {
                    super.pin();
                    context.line(1, false);
                }
            };
        }
    }

    /** Lowers its line by itself when its timer comes. */
    static final class LineHeld extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void tick() {
                    super.tick();
                    context.line(0, false);
                }
            };
        }
    }

    /** Has the vendor id of nobody. */
    static final class PciHeader extends GoodFactory {
        @Override
        PciFunctionSpec function() {
            PciFunctionSpec good = super.function();
            return new PciFunctionSpec(0xFFFF, good.device(), good.classCode(), 1, 0xC09E, 1, good.bars(), 2, 1,
                    List.of());
        }
    }

    /** Has its MSI-X table among the registers. */
    static final class PciBars extends GoodFactory {
        @Override
        PciFunctionSpec function() {
            PciFunctionSpec good = super.function();
            return new PciFunctionSpec(0xC09E, 0x600D, 0xFF_0000, 1, 0xC09E, 1,
                    List.of(new BarSpec(0, BarSpec.Kind.MEMORY32, 8192), good.bars().getLast()), 2, 1, List.of())
                    .with(new PciFunctionSpec.MsixTable(2, 0, 0x100, 0x180));
        }
    }

    /** Sends a third message of two. */
    static final class MessagesDeclared extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void send(int vector) {
                    super.send(vector);
                    context.msi(2);
                }
            };
        }
    }

    /** Has messages only, whatever the guest enabled. */
    static final class MessagesOrPin extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                void pin() {
                    // never driven
                }
            };
        }
    }

    /** Raises its line when it is reset. */
    static final class ResetLowers extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public void reset() {
                    super.reset();
                    context.line(0, true);
                }
            };
        }
    }

    /** Keeps its scratch register over a reset. */
    static final class Reset extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public void reset() {
                    int scratch = get(SCRATCH);
                    super.reset();
                    set(SCRATCH, scratch);
                }
            };
        }
    }

    /** Lowers its line when it is closed: then it has none any more. */
    static final class Close extends GoodFactory {
        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                public void close() {
                    context.line(0, false);
                }
            };
        }
    }

    /** Leaves itself in the thread that used it. */
    static final class UnplugLeavesNothing extends GoodFactory {
        private static final ThreadLocal<Object> LAST = new ThreadLocal<>();

        @Override
        Device device(DeviceContext context) {
            return new GoodDevice(context) {
                @Override
                int read(int register) {
                    LAST.set(this);
                    return super.read(register);
                }
            };
        }
    }
}
