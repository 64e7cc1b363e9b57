package org.cupule.hsm.linux;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.swap.Swappable;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code cupule demo linux}: Linux works, and everything under it is swapped, again and again. After each
 * swap the guest must get something done before the next one.
 *
 * @threading confined to the main thread
 */
final class LinuxDemonstration implements AutoCloseable {
    /** Long enough for a host that does much else. */
    private static final long PATIENCE_MILLIS = Duration.ofMinutes(3).toMillis();
    private static final long LOOK_MILLIS = 500;
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long SEND_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int FAILED = 1;
    private static final int RECENT_LINES = 5;

    private final Machine machine;
    private final CommandLine line;
    private final SwapRounds rounds;
    private final Transcript transcript = new Transcript();
    private final Workload work = new Workload();
    private final SwapFigures figures = new SwapFigures();
    private final AutoCloseable attached;
    private final long began = System.nanoTime();
    private final Deque<String> recent = new ArrayDeque<>();
    private long withheldNanos;
    private long passedNanos;
    private long sent;
    private long told;

    /** Owns the machine. */
    LinuxDemonstration(Machine machine, List<Swappable> owners, CommandLine line) {
        this.machine = machine;
        this.line = line;
        this.rounds = new SwapRounds(owners, machine.vm().vmid());
        this.attached = machine.console().attach(transcript);
    }

    /** {@return the exit status} */
    int run(int swaps) throws InterruptedException {
        machine.start();
        line.out().println("Linux boots on %d processors".formatted(machine.vm().vcpuCount()));
        boolean alive = hear(work::begun);
        long waitedBefore = Withheld.nanos();
        long timeBefore = System.nanoTime();
        tell(swaps);
        while (alive && figures.count() < swaps) {
            swap();
            alive = hear(null);
            if (System.nanoTime() - told > TELL_NANOS) {
                tell(swaps);
            }
        }
        tell(swaps);
        lookAtHost(waitedBefore, timeBefore);
        if (alive) {
            send("stop\n");
            hear(work::ended);
        }
        return conclude(alive ? end() : "");
    }

    private void swap() {
        try {
            figures.made(rounds.next());
        } catch (HsmException e) {
            figures.failed(e.getMessage());
            line.out().println("swap FAILED: " + e.getMessage());
        }
    }

    /** Listens until something is so, or, where nothing is asked for, to what is there now and at least one line. */
    private boolean hear(@Nullable BooleanSupplier wanted) throws InterruptedException {
        boolean heard = false;
        long silent = 0;
        while (wanted == null ? !heard : !wanted.getAsBoolean()) {
            String next = transcript.next(LOOK_MILLIS);
            silent = next == null ? silent + LOOK_MILLIS : 0;
            if (silent > PATIENCE_MILLIS || next == null && machine.outcome().toCompletableFuture().isDone()) {
                work.fault("the guest has said nothing for %d s; %s; its last lines were: %s".formatted(silent / 1000,
                        state(), String.join(" / ", recent)));
                return false;
            }
            heard |= next != null && take(next);
        }
        for (String more = transcript.next(0); more != null; more = transcript.next(0)) {
            take(more);
        }
        return true;
    }

    private boolean take(String text) {
        recent.add(text);
        if (recent.size() > RECENT_LINES) {
            recent.remove();
        }
        work.hear(text);
        if (work.begun() && work.answered() == sent) {
            sent++;
            send("line %d %s\n".formatted(sent, Workload.letters(sent)));
        }
        return true;
    }

    private String state() {
        var state = new StringBuilder("the machine is ").append(machine.status()).append(", ")
                .append(machine.vm().ioRequests().counters().posted()).append(" I/O requests");
        for (int cpu = 0; cpu < machine.vm().vcpuCount(); cpu++) {
            state.append("; vcpu").append(cpu).append(' ').append(machine.vm().activity(cpu));
        }
        return state.toString();
    }

    private void send(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        int taken = 0;
        while (taken < bytes.length && System.nanoTime() - end < 0) {
            int more = machine.console().send(bytes, taken, bytes.length - taken);
            taken += more;
            if (more == 0) {
                LockSupport.parkNanos(SEND_NANOS);
            }
        }
    }

    private void tell(int swaps) {
        told = System.nanoTime();
        line.out().println("%4d s  %4d of %d swaps; the guest: %s".formatted(
                TimeUnit.NANOSECONDS.toSeconds(told - began), figures.count(), swaps, work.account()));
    }

    private String end() throws InterruptedException {
        try {
            return machine.outcome().toCompletableFuture().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).cause();
        } catch (TimeoutException | ExecutionException e) {
            return "nothing: " + state();
        }
    }

    private int conclude(String end) {
        if (!end.isEmpty() && !work.idle().isEmpty()) {
            work.fault("nothing was done by: " + String.join(", ", work.idle()));
        }
        String host = host();
        IoRequests.Counters requests = machine.vm().ioRequests().counters();
        boolean right = work.faults().isEmpty() && end.equals("power-off") && figures.failures().isEmpty()
                && SwapFigures.whole(requests);
        work.faults().forEach(fault -> line.out().println("WRONG: " + fault));
        line.out().println();
        line.out().println(figures.table(requests));
        line.out().println("""
                work          %s
                kernel        %s
                host          %s
                verdict       %s; ended by %s""".formatted(work.account(), work.facts(), host,
                right ? "every checksum right, no warning in the kernel's log" : "FAILED",
                end.isEmpty() ? "hand" : end));
        return right ? 0 : FAILED;
    }

    /** {@return a sentence on the host, which may be what the kernel complains of} */
    private String host() {
        boolean noticed = work.lateNanos() > 0;
        long percent = Withheld.percent(withheldNanos, passedNanos);
        if (noticed && !Withheld.explains(work.lateNanos(), withheldNanos, passedNanos)) {
            work.fault(("the kernel logged: hrtimer: interrupt took %d ns, and the host had withheld its processors for"
                    + " %d ns only, %d %%").formatted(work.lateNanos(), withheldNanos, percent));
        }
        return "withheld its processors for %d %% of the time%s".formatted(percent, noticed
                ? "; the kernel noticed once (hrtimer: interrupt took %d ns)".formatted(work.lateNanos())
                : "");
    }

    /** The threads of the processors must still be there. */
    private void lookAtHost(long waitedBefore, long timeBefore) {
        passedNanos = (System.nanoTime() - timeBefore) * machine.vm().vcpuCount();
        withheldNanos = Withheld.nanos() - waitedBefore;
    }

    @Override
    public void close() {
        try {
            attached.close();
        } catch (Exception e) {
            line.err().println("cupule demo: " + e.getMessage());
        }
        machine.close();
    }
}
