package org.cupule.machine.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.machine.Machine.Outcome;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.Machines;
import org.cupule.machine.loader.Loaders;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code cupule run}: boots a guest and lends it standard input and output, or the terminal, as its serial line.
 *
 * @threading any thread; one run at a time
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=run",
        CommandLine.USAGE + "=run [IMAGE] [OPTIONS]: boots a guest (run --help lists the options)"})
public final class RunCommand implements Function<Map<String, Object>, Integer> {
    static final int USAGE = 2;
    static final int HOST_FAILURE = 4;
    static final int TIME_OUT = 6;
    static final int LOST = 8;
    static final int NEVER_GOES_ON = 10;
    static final int INTERRUPTED = 130;
    /** Even, as all that does not come from the exit port. */
    private static final int OUTPUT_CLOSED = 12;
    private static final String BUILT_IN = "demo";
    /** The cause of an outcome after {@link Machine#close}. */
    private static final String CLOSED = "closed";
    private static final String TIME_IS_OVER = "time-out";
    private static final long FOREVER_NANOS = Long.MAX_VALUE;

    private final Machines machines;
    private final CompletableFuture<Outcome> stopped = new CompletableFuture<>();
    /** In whose name sentences are told. */
    private volatile String who = "cupule run";

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, target = "("
            + CommandLine.COMMAND + "=shell)")
    private volatile @Nullable Function<Map<String, Object>, Integer> shell;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile @Nullable Completer completer;

    /** Takes the service that makes machines. */
    @Activate
    public RunCommand(@Reference Machines machines) {
        this.machines = machines;
    }

    /** The platform goes down: a run ends. */
    @Deactivate
    void deactivate() {
        stopped.complete(new Outcome("interrupted", INTERRUPTED, ""));
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        who = "cupule " + (line.name().isEmpty() ? "run" : line.name());
        var options = new RunOptions();
        var parser = new picocli.CommandLine(options);
        try {
            WrongUsage.requireKnown(parser, parser.parseArgs(line.arguments().toArray(String[]::new)));
        } catch (picocli.CommandLine.ParameterException e) {
            line.err().println(WrongUsage.line(who, e));
            return USAGE;
        }
        if (options.help) {
            parser.usage(line.out());
            return 0;
        }
        return run(line, map, options);
    }

    private int run(CommandLine line, Map<String, Object> map, RunOptions options) {
        try (Machine machine = machine(line, options)) {
            var explanation = new Explanation(machine.vm(),
                    options.symbols == null ? SymbolMap.EMPTY : SymbolMap.read(options.symbols));
            machine.vm().ioRequests().trace(options.traced());
            Outcome outcome = converse(line, map, options, machine, explanation);
            return outcome.cause().equals(CLOSED)
                    ? destroyed(line)
                    : conclude(line, machine, outcome, options, explanation);
        } catch (HsmException e) {
            if (e.errno() == Errno.EINTR) {
                return INTERRUPTED;
            }
            line.err().println(who + ": " + e.getMessage());
            return usageFault(e.errno()) ? USAGE : HOST_FAILURE;
        }
    }

    private Machine machine(CommandLine line, RunOptions options) {
        Path snapshot = options.restore;
        if (snapshot == null) {
            MachineDescription description = describe(line, options);
            Machine machine = machines.create(description);
            tellOfUnknown(line, description);
            return machine;
        }
        if (options.describes()) {
            throw new HsmException(Errno.EINVAL, "restore",
                    "a restored machine is what it was: --restore goes with --timeout and --trace only");
        }
        return machines.restore(snapshot);
    }

    /**
     * Whatever is no image of a known format starts as code in real mode: who meant something else should hear of it.
     */
    private void tellOfUnknown(CommandLine line, MachineDescription description) {
        description.image().filter(image -> image.format().equals("auto")).flatMap(MachineDescription.Image::file)
                .filter(file -> !isKnown(file)).ifPresent(file -> line.err().println(who + ": '" + file
                        + "' is of no known format and has no boot signature; it is started as a flat image, in real mode at"
                        + " 0x7C00."));
    }

    private static boolean isKnown(Path file) {
        try {
            return Loaders.known(Files.readAllBytes(file));
        } catch (IOException e) {
            return true; // it was read a moment ago; nothing is known of it
        }
    }

    static boolean usageFault(Errno errno) {
        return switch (errno) {
            case EINVAL, ENOENT, EEXIST, ENODEV, EACCES -> true;
            default -> false;
        };
    }

    private Outcome converse(CommandLine line, Map<String, Object> map, RunOptions options, Machine machine,
            Explanation explanation) {
        var guest = new GuestWatch(machine.vm(), explanation);
        Runnable end = () -> stopped.complete(line.terminal()
                ? new Outcome("ended by hand", INTERRUPTED, "")
                : new Outcome("output closed", OUTPUT_CLOSED, ""));
        try (var conversation = Conversation.open(machine.console(), guest, line, end, command -> execute(map, command),
                this::complete, false)) {
            machine.start();
            new GuestEnd(machine, guest, who, line.terminal() ? null : line.err(), stopped).begin();
            Outcome outcome = await(machine, options.timeout == null ? FOREVER_NANOS : options.timeout.toNanos());
            if (!outcome.cause().equals(CLOSED)) {
                machine.vm().pause();
            }
            return outcome.cause().equals(TIME_IS_OVER)
                    ? new Outcome(outcome.cause(), outcome.status(), outcome.report() + explanation.sentence())
                    : outcome;
        }
    }

    private boolean execute(Map<String, Object> map, String command) {
        Function<Map<String, Object>, Integer> present = shell;
        if (present != null) {
            var arguments = new HashMap<>(map);
            arguments.put(CommandLine.ARGUMENTS, new String[]{"-c", command});
            present.apply(arguments);
        }
        return present != null;
    }

    /** Tab at the prompt of the shell's commands: the shell completes, where there is one. */
    private void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        Completer present = completer;
        if (present != null) {
            present.complete(reader, line, candidates);
        }
    }

    private Outcome await(Machine machine, long nanos) {
        try {
            return (Outcome) CompletableFuture.anyOf(machine.outcome().toCompletableFuture(), stopped).get(nanos,
                    TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return new Outcome(TIME_IS_OVER, TIME_OUT, who + ": the time is over; ");
        } catch (InterruptedException e) {
            // How the launcher ends a run; the thread must be able to wait again while the machine is closed.
            return new Outcome("interrupted", INTERRUPTED, "");
        } catch (ExecutionException e) {
            throw new HsmException(Errno.EIO, "run", "the machine failed: " + e.getCause(), e);
        }
    }

    private int destroyed(CommandLine line) {
        line.err().println(who + ": the machine was destroyed from the shell.");
        return HOST_FAILURE;
    }

    private int conclude(CommandLine line, Machine machine, Outcome outcome, RunOptions options,
            Explanation explanation) {
        if (!outcome.report().isEmpty()) {
            line.err().println(outcome.report());
        }
        if (options.traceFile().isPresent()) {
            write(options.traceFile().get(), machine, outcome, explanation);
        } else if (options.trace != null) {
            machine.vm().ioRequests().trace().stream().map(RunCommand::text).forEach(line.err()::println);
        }
        IoRequests.Counters counters = machine.vm().ioRequests().counters();
        if (counters.lost() + counters.twice() > 0) {
            line.err().printf("%s: of %d I/O requests %d were lost and %d answered twice.%n", who,
                    counters.posted(), counters.lost(), counters.twice());
            return LOST;
        }
        return outcome.status();
    }

    private static void write(Path file, Machine machine, Outcome outcome, Explanation explanation) {
        var lines = new ArrayList<String>();
        lines.add("%s: %s, status %d %s".formatted(machine.name(), outcome.cause(), outcome.status(),
                outcome.report()).strip());
        lines.addAll(explanation.report());
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new HsmException(Errno.EACCES, "trace", "'" + file + "' cannot be written: " + e.getMessage(), e);
        }
    }

    private static String text(IoTrace trace) {
        return "%8d %12d ns vcpu%d type %d %s 0x%x/%d = 0x%x %s".formatted(trace.number(), trace.nanos(), trace.vcpu(),
                trace.type(), trace.write() ? "write" : "read", trace.address(), trace.size(), trace.value(),
                trace.client());
    }

    private MachineDescription describe(CommandLine line, RunOptions options) {
        if (options.image != null && !line.name().isEmpty()) {
            throw new HsmException(Errno.EINVAL, "'" + options.image + "'",
                    "%s takes options alone; a script follows '--', a disk is '--disk FILE'".formatted(who));
        }
        if (options.image != null && options.kernel != null) {
            throw new HsmException(Errno.EINVAL, "image",
                    "'%s' and '%s' are both given; one image can be booted".formatted(options.image, options.kernel));
        }
        Path file = options.file();
        if (file == null || isBuiltIn(file)) {
            return new Overrides(options.machine).apply(withImage(machines.standard("guest"), Optional.empty(),
                    file == null ? BUILT_IN : file.toString()));
        }
        requireFile(file);
        MachineDescription base = VmFiles.is(file)
                ? machines.read(file)
                : withImage(machines.standard("guest"), Optional.of(file), "");
        if (base.image().isEmpty()) {
            throw new HsmException(Errno.EINVAL, "read", file + ": field 'image': it is missing");
        }
        return new Overrides(options.machine).apply(base);
    }

    /** A file has precedence over a guest that comes with the platform. */
    private static boolean isBuiltIn(Path file) {
        return !Files.exists(file) && file.toString().matches("[\\w-]+")
                && RunCommand.class.getResource("/guests/" + file + ".bin") != null;
    }

    private static void requireFile(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new HsmException(Errno.ENOENT, "image", Files.isDirectory(file)
                    ? "'" + file + "' is a directory"
                    : "there is no file '" + file + "'");
        }
    }

    private static MachineDescription withImage(MachineDescription base, Optional<Path> file, String builtin) {
        var image = new MachineDescription.Image(file, builtin, "auto", 0, "", List.of());
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), base.cpus(),
                Optional.of(image), base.devices(), base.models(), base.behaviour(), base.deterministic(),
                base.queuedUpcall(), base.serviceVm(), base.acpi(), base.pageBytes());
    }
}
