package org.cupule.machine.command;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.machine.Machine.Outcome;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.dev.BuiltJar;
import org.cupule.machine.dev.DevMachine;
import org.cupule.machine.dev.JarWatch;
import org.cupule.machine.dev.StateText;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.swap.Deployer.Deployment;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code cupule dev}: the first build is plugged in, a machine is made of what it offers, and each further
 * build is swapped in, or refused with a sentence.
 *
 * @threading {@link #run} on the main thread; builds are watched and deployed on one of its own
 */
final class DevSession implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final int REFUSED = 1;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final String TOLD = "[dev] ";
    private static final String TIME_OVER = "cupule dev: the time is over";

    private final DevCommand command;
    private final CommandLine line;
    private final DevOptions options;
    private final Predicate<String> shell;
    private final JarWatch watch;
    private final Path staged;
    /** When the time is over, in milliseconds of System.nanoTime's clock. */
    private final long deadline;
    private final CompletableFuture<Outcome> end = new CompletableFuture<>();
    private final Map<String, StateSchema> schemas = new HashMap<>();
    /** What tells a guest where the first thing is that the plug-in offers. */
    private String place = "";
    private @Nullable Machine machine;
    private volatile @Nullable Conversation conversation;
    private @Nullable BuiltJar present;
    /** The bundle of {@link #present}. */
    private volatile long bundle = -1;
    private int builds;

    DevSession(DevCommand command, CommandLine line, DevOptions options, Predicate<String> shell) {
        this.command = command;
        this.line = line;
        this.options = options;
        this.shell = shell;
        this.watch = new JarWatch(options.plugin);
        this.staged = command.stage();
        this.deadline = options.timeout == null
                ? Long.MAX_VALUE
                : System.nanoTime() / NANOS_PER_MILLI + options.timeout.toMillis();
    }

    int run(CompletableFuture<Outcome> stopped) throws InterruptedException {
        bundle = plugFirst(stopped);
        if (bundle < 0) {
            return stopped.isDone() ? RunCommand.INTERRUPTED : timeOver();
        }
        try (Machine made = command.machines().create(describe(bundle))) {
            machine = made;
            Outcome outcome = converse(made, stopped);
            if (!outcome.report().isEmpty()) {
                line.err().println(outcome.report());
            }
            return outcome.status();
        } finally {
            unplug();
        }
    }

    private int timeOver() {
        line.err().println(TIME_OVER);
        return RunCommand.TIME_OUT;
    }

    private long millisLeft() {
        return Math.max(0, deadline - System.nanoTime() / NANOS_PER_MILLI);
    }

    // ------------------------------------------------------------------ the first build

    /** Waits until there is a build that can be plugged in. @return its bundle, or -1 when the run ends before */
    private long plugFirst(CompletableFuture<Outcome> stopped) throws InterruptedException {
        Optional<BuiltJar> build = firstLook();
        if (build.isEmpty()) {
            tell("waits for a build: %s; run 'mvn package'".formatted(watch.place()));
        }
        BooleanSupplier over = () -> stopped.isDone() || options.timeout != null && millisLeft() == 0;
        while (!over.getAsBoolean()) {
            build = build.isPresent() ? build : nextBuild(over);
            if (build.isEmpty()) {
                return -1;
            }
            BuiltJar next = build.get();
            try {
                Deployment done = command.deployer().plug(location(next));
                present = next;
                return done.plugin().bundle();
            } catch (HsmException e) {
                if (options.once) {
                    throw e;
                }
                tell("%s is refused: %s".formatted(next.text(), e.getMessage()));
                build = Optional.empty();
            }
        }
        return -1;
    }

    private Optional<BuiltJar> firstLook() {
        try {
            return watch.present();
        } catch (BuiltJar.NotABundleException e) {
            if (options.once) {
                throw new HsmException(Errno.EINVAL, "dev", e.getMessage(), e);
            }
            tell(e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<BuiltJar> nextBuild(BooleanSupplier over) throws InterruptedException {
        while (true) {
            try {
                return watch.next(over);
            } catch (BuiltJar.NotABundleException e) {
                tell(e.getMessage());
            }
        }
    }

    /** {@return the address of a copy of a build, which the next build does not change} */
    private URI location(BuiltJar build) {
        try {
            return Files.write(staged.resolve("build-%d.jar".formatted(builds++)), build.bytes()).toUri();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "dev", "the build cannot be copied: " + e.getMessage(), e);
        }
    }

    private MachineDescription describe(long bundle) {
        List<DeviceOffer> offers = command.offers(bundle);
        List<String> ranges = command.ranges(bundle);
        if (offers.isEmpty() && ranges.isEmpty()) {
            throw new HsmException(Errno.EINVAL, "dev",
                    "%s offers no device and no client of I/O requests: is there a component of service DeviceFactory?"
                            .formatted(present == null ? "the plug-in" : present.text()));
        }
        offers.forEach(offer -> schemas.put(offer.info().kind(), offer.schema()));
        Overrides said = new Overrides(options.machine);
        MachineDescription described = new DevMachine(said.apply(base())).with(offers);
        place = place(described, offers, ranges);
        return described.image().isPresent()
                ? described
                : DevMachine.withImage(described, said.image(image()));
    }

    private MachineDescription base() {
        return options.vm != null ? command.machines().read(options.vm) : command.machines().standard("dev");
    }

    private static String place(MachineDescription described, List<DeviceOffer> offers, List<String> ranges) {
        return offers.isEmpty()
                ? DevMachine.commandLine(ranges.getFirst())
                : DevMachine.commandLine(described, offers.getFirst());
    }

    private boolean ownGuest() {
        return options.vm != null || options.image != null;
    }

    private MachineDescription.Image image() {
        Optional<Path> file = Optional.ofNullable(options.image);
        return new MachineDescription.Image(file, file.isPresent() ? "" : DevMachine.GUEST, "auto", 0,
                file.isPresent() ? "" : place, List.of());
    }

    // ------------------------------------------------------------------ the run

    private Outcome converse(Machine made, CompletableFuture<Outcome> stopped) throws InterruptedException {
        Runnable leave = () -> end.complete(new Outcome("ended by hand", RunCommand.INTERRUPTED, ""));
        var watcher = Thread.ofPlatform().daemon().name("dev-watch").unstarted(this::swapBuilds);
        var guest = new GuestWatch(made.vm(), new Explanation(made.vm(), SymbolMap.EMPTY));
        try (var opened = Conversation.open(made.console(), guest, line, leave, shell, (reader, words, candidates) -> {
        }, !ownGuest())) {
            conversation = opened;
            tell("%s is in; watching %s".formatted(present == null ? "" : present.text(), watch.place()));
            if (ownGuest()) {
                tell("a driver finds it at " + DevMachine.hexadecimal(place));
            }
            made.start();
            new GuestEnd(made, guest, "cupule dev", line.terminal() ? null : line.err(), end).begin();
            watcher.start();
            Outcome outcome = await(made, stopped);
            watcher.interrupt();
            watcher.join(DEADLINE.multipliedBy(2));
            made.vm().pause();
            return outcome;
        } finally {
            conversation = null;
        }
    }

    private Outcome await(Machine made, CompletableFuture<Outcome> stopped) throws InterruptedException {
        try {
            return (Outcome) CompletableFuture.anyOf(made.outcome().toCompletableFuture(), stopped, end)
                    .get(options.timeout == null ? Long.MAX_VALUE : millisLeft(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Outcome("time-out", RunCommand.TIME_OUT, TIME_OVER);
        } catch (ExecutionException e) {
            throw new HsmException(Errno.EIO, "dev", "the machine failed: " + e.getCause(), e);
        }
    }

    private void swapBuilds() {
        try {
            while (!end.isDone()) {
                Optional<BuiltJar> build = nextBuild(end::isDone);
                boolean in = build.isPresent() && swap(build.get());
                if (options.once) {
                    end.complete(new Outcome("once", in ? 0 : REFUSED, ""));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the run has ended
        } catch (RuntimeException e) {
            end.complete(new Outcome("failed", RunCommand.HOST_FAILURE, "cupule dev: " + e));
        }
    }

    private boolean swap(BuiltJar next) {
        BuiltJar before = present;
        URI location;
        try {
            location = location(next);
        } catch (HsmException e) {
            tell(e.getMessage());
            return false;
        }
        Map<String, ModelState> states = states();
        try {
            Deployment done = command.deployer().swap(location, DEADLINE);
            present = next;
            bundle = done.plugin().bundle();
            var lines = new ArrayList<String>();
            lines.add("%s %s -> %s".formatted(next.name(), before == null ? "" : before.version(), next.version()));
            done.swaps().forEach(report -> describe(report, states, lines));
            describeSchemas(done.plugin().bundle(), lines);
            tell(lines);
            return true;
        } catch (HsmException e) {
            tell("%s is %s: %s; %s goes on".formatted(next.text(),
                    e.errno() == Errno.EIO || e.errno() == Errno.ETIMEDOUT ? "rolled back" : "refused", e.getMessage(),
                    before == null ? "what was there" : before.version()));
            return false;
        }
    }

    /** {@return the states of the plug-in's devices by their targets; those that cannot be had are left out} */
    private Map<String, ModelState> states() {
        var states = new HashMap<String, ModelState>();
        Machine present = machine;
        if (present != null) {
            present.devices().stream().filter(device -> schemas.containsKey(device.type()))
                    .forEach(device -> state(present, device.name()).ifPresent(
                            state -> states.put("vm%d.%s".formatted(present.vm().vmid(), device.name()), state)));
        }
        return states;
    }

    private static Optional<ModelState> state(Machine machine, String device) {
        try {
            return Optional.of(machine.deviceState(device));
        } catch (HsmException e) {
            return Optional.empty(); // the swap will tell
        }
    }

    private void describe(SwapReport report, Map<String, ModelState> before, List<String> lines) {
        lines.add("%s: %s -> %s, pause %.1f ms, %d requests waited".formatted(report.target(), report.from().id(),
                report.to().id(), report.pauseNanos() / 1e6, report.waiting()));
        ModelState was = before.get(report.target());
        ModelState now = states().get(report.target());
        lines.add("%s: state '%s' version %d came along: %s".formatted(report.target(), report.stateKind(),
                report.stateVersion(),
                was == null ? report.stateFields() + " fields" : StateText.fields(was.fields())));
        String difference = was == null || now == null ? "" : StateText.difference(was, now);
        if (!difference.isEmpty()) {
            lines.add("%s: %s".formatted(report.target(), difference));
        }
    }

    private void describeSchemas(long bundle, List<String> lines) {
        for (DeviceOffer offer : command.offers(bundle)) {
            StateSchema before = schemas.put(offer.info().kind(), offer.schema());
            if (before != null && !before.equals(offer.schema())) {
                lines.add("state '%s': %s; before: %s".formatted(offer.schema().kind(),
                        StateText.versions(offer.schema()), StateText.versions(before)));
            }
        }
    }

    private void tell(String text) {
        tell(List.of(text));
    }

    private void tell(List<String> lines) {
        List<String> told = lines.stream().map(TOLD::concat).toList();
        Conversation open = conversation;
        if (open == null) {
            told.forEach(line.out()::println);
        } else {
            open.tell(String.join("\r\n", told));
        }
    }

    // ------------------------------------------------------------------ the end

    /** The plug-in was here for this run only. */
    private void unplug() {
        BuiltJar last = present;
        if (last != null) {
            try {
                command.deployer().unplug(Long.toString(bundle), true);
            } catch (HsmException e) {
                // it offers no models, or it has gone already: the framework of this process ends with it
                present = null;
            }
        }
    }

    @Override
    public void close() {
        watch.close();
        try (var files = Files.list(staged)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(staged);
        } catch (IOException e) {
            staged.toFile().deleteOnExit();
        }
    }
}
