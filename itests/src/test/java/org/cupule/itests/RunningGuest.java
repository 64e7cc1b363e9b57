package org.cupule.itests;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;

/**
 * A machine that runs one of the built-in guests, and what the guest has said.
 *
 * @threading any thread
 */
final class RunningGuest implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** More than a guest says while somebody looks twice; a long soak's guest says 100,000 lines a minute. */
    private static final int KEPT_LINES = 10_000;

    private final Machine machine;
    private final AutoCloseable attached;
    private final Deque<String> lines = new ArrayDeque<>();
    /** How many older lines are no longer kept. */
    private long dropped;
    private final StringBuilder line = new StringBuilder();

    private RunningGuest(Machine machine) {
        this.machine = machine;
        this.attached = machine.console().attach(this::hear);
    }

    /** {@return a started machine with the standard devices} */
    static RunningGuest start(Machines machines, String guest, int cpus, String append) {
        return start(machines, builtin(machines, guest, cpus, append));
    }

    static RunningGuest start(Machines machines, MachineDescription description) {
        var guest = new RunningGuest(machines.create(description));
        guest.machine.start();
        return guest;
    }

    /** {@return a machine that is there already, with what it has said} */
    static RunningGuest of(Machine machine) {
        return new RunningGuest(machine);
    }

    static MachineDescription builtin(Machines machines, String guest, int cpus, String append) {
        return with(machines.standard(guest), cpus,
                new Image(Optional.empty(), guest, "auto", 0, append, List.of()));
    }

    static MachineDescription with(MachineDescription base, int cpus, Image image) {
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), cpus, Optional.of(image),
                base.devices(), base.models(), base.behaviour(), base.deterministic(), base.queuedUpcall());
    }

    Machine machine() {
        return machine;
    }

    /** {@return the name of one of its targets: {@code vm1.ept}} */
    String target(String place) {
        return "vm" + machine.vm().vmid() + "." + place;
    }

    private synchronized void hear(int value) {
        if (value == '\n') {
            lines.add(line.toString().strip());
            line.setLength(0);
            if (lines.size() > KEPT_LINES) {
                lines.remove();
                dropped++;
            }
        } else {
            line.append((char) value);
        }
    }

    /** {@return what the guest has said with this beginning, of its last 10,000 lines} */
    List<String> said(String beginning) {
        return saidSince(0, beginning);
    }

    private synchronized List<String> saidSince(long line, String beginning) {
        return lines.stream().skip(Math.max(0, line - dropped)).filter(text -> text.startsWith(beginning)).toList();
    }

    private synchronized long spoken() {
        return dropped + lines.size();
    }

    /** Waits until the guest has said so many more lines with this beginning. */
    void awaitMore(String beginning, int more) {
        awaitMore(spoken(), beginning, more);
    }

    private void awaitMore(long line, String beginning, int more) {
        await(() -> saidSince(line, beginning).size() >= more, "%d more lines '%s...'".formatted(more, beginning));
    }

    /** Asks the demonstration guest for its account, and waits for it: whatever is under it works. */
    void report() {
        long before = spoken();
        type('p');
        awaitMore(before, "round", 1);
    }

    void type(char letter) {
        machine.console().send(new byte[]{(byte) letter}, 0, 1);
    }

    void await(BooleanSupplier condition, String what) {
        Await.until(condition, PATIENCE, () -> "%s; the machine %s is %s; the guest said %s".formatted(what,
                machine.name(), machine.status(), tail()));
    }

    private synchronized List<String> tail() {
        return lines.stream().skip(Math.max(0, lines.size() - 30)).toList();
    }

    /** Ends the guest by its own command. @return its verdict line */
    String verdict() {
        type('q');
        await(() -> !said("verdict:").isEmpty(), "a verdict after 'q'");
        return said("verdict:").getFirst() + String.join("", said("error").stream().map(text -> "\n" + text).toList())
                + String.join("", said("MISMATCH").stream().map(text -> "\n" + text).toList());
    }

    /** {@return how its run ended} */
    Machine.Outcome outcome() {
        try {
            return machine.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("%s did not end: %s; the guest said %s".formatted(machine.name(),
                    machine.status(), tail()), e);
        }
    }

    IoRequests.Counters counters() {
        return machine.vm().ioRequests().counters();
    }

    @Override
    public void close() throws Exception {
        attached.close();
        machine.close();
    }
}
