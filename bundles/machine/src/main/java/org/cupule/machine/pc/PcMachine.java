package org.cupule.machine.pc;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.machine.Console;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.device.Requests;
import org.cupule.machine.loader.LoadPlan;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine and its life.
 *
 * <pre>
 *   created --start--> running <--pause, start--> paused
 *                       | power-off, debug exit, triple fault     (any) --close--> closed
 *                       v
 *                     ended
 * </pre>
 *
 * @threading any thread; every change of its life is made by its control thread, {@code vm<id>-control}
 */
final class PcMachine implements Machine, Requests {
    private static final Logger LOG = LoggerFactory.getLogger(PcMachine.class);
    private static final int TRIPLE_FAULT_STATUS = 5;
    private static final long PATIENCE_SECONDS = 30;
    private static final long SAVE_SECONDS = 900;

    private enum Life {
        CREATED, RUNNING, PAUSED, ENDED, CLOSED;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final MachineDescription description;
    private final Chassis chassis;
    private final ControlThread control;
    private final Consumer<PcMachine> gone;
    /** How many wishes of devices wait for the control thread. */
    private final AtomicInteger asked = new AtomicInteger();
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private volatile Life life = Life.CREATED;
    private volatile String reason = "";

    /**
     * Puts a machine together, not started.
     *
     * @param parts
     *            makes the chassis, whose devices send their requests here
     * @param gone
     *            told when it is closed
     */
    PcMachine(MachineDescription description, VirtualMachine vm, Parts parts, Consumer<PcMachine> gone) {
        this.description = description;
        this.gone = gone;
        this.control = new ControlThread("vm" + vm.vmid() + "-control");
        try {
            this.chassis = parts.assemble(vm, this);
        } catch (RuntimeException e) {
            control.end();
            throw e;
        }
        vm.onEvent(this::event);
    }

    /** It was made of what was saved: it stands still, perhaps for a reason. Before anybody knows it. */
    PcMachine paused(String why) {
        life = Life.PAUSED;
        reason = why;
        return this;
    }

    /** Makes the chassis of a machine. */
    @FunctionalInterface
    interface Parts {
        /** {@return the chassis, whose devices send their requests to the machine} */
        Chassis assemble(VirtualMachine vm, Requests machine);
    }

    Chassis chassis() {
        return chassis;
    }

    @Override
    public String name() {
        return description.name();
    }

    @Override
    public MachineDescription description() {
        return description;
    }

    @Override
    public VirtualMachine vm() {
        return chassis.vm();
    }

    @Override
    public String status() {
        String why = reason;
        return why.isEmpty() ? life.toString() : life + ": " + why;
    }

    @Override
    public CompletionStage<Outcome> outcome() {
        return outcome.minimalCompletionStage();
    }

    @Override
    public Console console() {
        return chassis.console();
    }

    @Override
    public List<DeviceInfo> devices() {
        return chassis.devices().list();
    }

    // ------------------------------------------------------------------ what people ask

    @Override
    public void start() {
        control.call("start", PATIENCE_SECONDS, () -> {
            requireAlive("start");
            if (life == Life.CREATED) {
                chassis.vm().start();
            } else if (life == Life.PAUSED) {
                chassis.vm().resume();
            }
            become(Life.RUNNING, "");
        });
    }

    @Override
    public void pause() {
        control.call("pause", PATIENCE_SECONDS, () -> {
            requireAlive("pause");
            if (life == Life.RUNNING) {
                chassis.vm().pause();
                become(Life.PAUSED, "");
            } else if (life == Life.PAUSED) {
                chassis.vm().pause(); // it must not go on by itself any more
            }
        });
    }

    @Override
    public void reset() {
        control.call("reset", PATIENCE_SECONDS, () -> {
            requireAlive("reset");
            restart();
        });
    }

    @Override
    public void pressPowerButton() {
        control.call("power button", PATIENCE_SECONDS, () -> {
            requireAlive("power button");
            if (!chassis.devices().pressPowerButton()) {
                throw new HsmException(Errno.EOPNOTSUPP, "power button", "no device of '%s' hears it; %s"
                        .formatted(name(), "give it one of type acpi-pm"));
            }
        });
    }

    @Override
    public List<String> saveObstacles() {
        return chassis.saveObstacles();
    }

    @Override
    public void save(Path file) {
        control.call("save", SAVE_SECONDS, () -> {
            requireAlive("save");
            if (life != Life.PAUSED) {
                throw new HsmException(Errno.EBUSY, "save", "the machine '%s' is %s: only a paused one can be saved"
                        .formatted(name(), status()));
            }
            List<String> obstacles = chassis.saveObstacles();
            if (!obstacles.isEmpty()) {
                throw new HsmException(Errno.EOPNOTSUPP, "save", "the machine '%s' cannot be saved: %s"
                        .formatted(name(), String.join("; ", obstacles)));
            }
            chassis.save(present(), reason, file, this::refuseWhileAsked);
            LOG.info("{}: saved to {}", name(), file);
        });
    }

    /** The description, on the hypervisor that it really is on. */
    private MachineDescription present() {
        return new MachineDescription(name(), vm().hypervisor().name(), description.memoryBytes(), description.cpus(),
                description.image(), description.devices(), description.models(), description.behaviour(),
                description.deterministic(), description.queuedUpcall(), description.serviceVm(), description.acpi(),
                description.pageBytes());
    }

    private void refuseWhileAsked() {
        if (asked.get() > 0) {
            throw new HsmException(Errno.EBUSY, "save",
                    "the guest of '%s' has just asked for a reset or its end: look what becomes of it"
                            .formatted(name()));
        }
    }

    @Override
    public void close() {
        if (life != Life.CLOSED) {
            control.call("close", PATIENCE_SECONDS, this::dismantle);
        }
    }

    @Override
    public void plug(MachineDescription.DeviceDescription device) {
        chassis.plugChecked(device);
    }

    @Override
    public void unplug(String device) {
        chassis.devices().unplug(device);
    }

    @Override
    public void unplug(String device, Duration patience) {
        if (life == Life.RUNNING || life == Life.PAUSED) {
            chassis.devices().unplug(device, patience);
        } else {
            chassis.devices().unplug(device); // no guest holds it
        }
    }

    @Override
    public ModelState deviceState(String device) {
        return chassis.devices().state(device);
    }

    // ------------------------------------------------------------------ what devices and the hypervisor ask

    @Override
    public void powerOff() {
        ask(() -> end("power-off", 0, ""));
    }

    /** Has something done that a device wants; until then the machine cannot be saved, and its guest stands still. */
    private void ask(Runnable task) {
        if (life == Life.RUNNING) {
            vm().hold();
        }
        asked.incrementAndGet();
        control.post(() -> {
            try {
                task.run();
            } finally {
                asked.decrementAndGet();
            }
        });
    }

    @Override
    public void resetRequested() {
        ask(() -> {
            if (life == Life.RUNNING) {
                LOG.info("{}: the guest asked for a reset", name());
                restartOrStop();
            }
        });
    }

    @Override
    public void exit(int status) {
        ask(() -> end("debug-exit", status, ""));
    }

    /** The guest finds the slots empty at its next instruction. */
    @Override
    public void ejected(int slots) {
        ask(() -> atRest(() -> chassis.devices().ejected(slots)));
    }

    @Override
    public void ejection(int slot, int status) {
        ask(() -> atRest(() -> chassis.devices().ejection(slot, status)));
    }

    /** Does something between two instructions of the guest, which goes on afterwards, though it was held. */
    private void atRest(Runnable task) {
        if (life != Life.RUNNING) {
            task.run();
            return;
        }
        chassis.vm().pause();
        try {
            task.run();
        } finally {
            chassis.vm().resume();
        }
    }

    private void event(PartitionEvent event) {
        switch (event) {
            case PartitionEvent.TripleFault fault -> control.post(() -> end("triple-fault", TRIPLE_FAULT_STATUS,
                    "processor %d shut down after a triple fault\n%s".formatted(fault.vcpu(), fault.report())));
            case PartitionEvent.Stopped stopped -> control.post(() -> stopped(stopped.reason()));
            case PartitionEvent.Continued _ -> control.post(this::continued);
            case PartitionEvent.Unhandled unhandled -> LOG.info("{}: {}", name(), unhandled.sentence());
        }
    }

    // ------------------------------------------------------------------ on the control thread

    private void requireAlive(String operation) {
        if (life == Life.ENDED || life == Life.CLOSED) {
            throw new HsmException(Errno.EPERM, operation,
                    "the machine '%s' has %s; create it anew".formatted(name(), status()));
        }
    }

    private void become(Life next, String why) {
        life = next;
        reason = why;
        LOG.info("{}: {}", name(), status());
    }

    /** {@code hsm.md} 15.8, SYSTEM_RESET. What cannot be loaded again is known before anything is touched. */
    private void restart() {
        Optional<LoadPlan> image = chassis.image();
        chassis.vm().pause();
        chassis.reset(image);
        chassis.vm().start();
        become(Life.RUNNING, "");
    }

    private void restartOrStop() {
        try {
            restart();
        } catch (HsmException e) {
            chassis.vm().pause();
            become(Life.PAUSED, "the guest's reset failed: " + e.getMessage());
        }
    }

    /** What was told may be over by now: the VM's state counts. */
    private void stopped(String why) {
        if (life == Life.RUNNING && chassis.vm().state() != Partition.State.RUNNING) {
            become(Life.PAUSED, why);
        }
    }

    private void continued() {
        if (life == Life.PAUSED && chassis.vm().state() == Partition.State.RUNNING) {
            become(Life.RUNNING, "");
        }
    }

    private void end(String cause, int status, String report) {
        if (life == Life.ENDED || life == Life.CLOSED) {
            return;
        }
        rest();
        become(Life.ENDED, cause);
        outcome.complete(new Outcome(cause, status, report));
    }

    private void rest() {
        try {
            chassis.vm().pause();
        } catch (HsmException e) {
            LOG.error("{}: {}", name(), e.getMessage());
        }
    }

    /** Who waits for the outcome is told last: what it then closes is closed already. */
    private void dismantle() {
        if (life == Life.CLOSED) {
            return;
        }
        if (life != Life.ENDED) {
            rest();
        }
        become(Life.CLOSED, "");
        try {
            chassis.close();
        } finally {
            control.end();
            gone.accept(this);
            outcome.complete(new Outcome("closed", 0, ""));
        }
    }
}
