package org.cupule.hsm.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.cupule.launch.CommandLine;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code cupule linux}: finds or fetches a kernel and busybox, makes the initial RAM disk, and lets {@code cupule run},
 * or {@code cupule dev}, boot them.
 *
 * @threading any thread; one run at a time
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=linux",
        CommandLine.USAGE + "=linux [OPTIONS] [-- SCRIPT]: boots Debian's Linux and gives its shell"})
public final class LinuxCommand implements Function<Map<String, Object>, Integer> {
    static final int USAGE = 2;
    static final int HOST_FAILURE = 4;
    static final String RUN = "run";
    static final String DEV = "dev";
    private static final int INTERRUPTED = 130;
    /** What {@code run} gives for a triple fault: the one odd status that does not come from the exit port. */
    private static final int TRIPLE_FAULT = 5;
    /** The script's status that would come as that one; it comes as 0, which a script that succeeds does not send. */
    private static final int SENT_AS_ZERO = TRIPLE_FAULT >> 1;
    private static final long RUN_SECONDS = 10;
    /**
     * The self tests of the kernel's cryptography are more than half of its boot. A processor that executes nothing
     * speculatively needs no protection against speculation. Ticks may come late on a busy host, so they are no measure
     * for the time stamp counter, which has the same clock, nor for how the timer is wired.
     */
    static final String APPEND = "console=ttyS0 cryptomgr.notests mitigations=off tsc=reliable no_timer_check";

    private final Map<String, CompletableFuture<Function<Map<String, Object>, Integer>>> commands = Map.of(RUN,
            new CompletableFuture<>(), DEV, new CompletableFuture<>());

    /** A command that boots has come. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, target = "(|("
            + CommandLine.COMMAND + "=" + RUN + ")(" + CommandLine.COMMAND + "=" + DEV + "))")
    public void bind(Function<Map<String, Object>, Integer> came, Map<String, Object> properties) {
        commands.get(String.valueOf(properties.get(CommandLine.COMMAND))).complete(came);
    }

    /** A command that boots goes. */
    public void unbind(Function<Map<String, Object>, Integer> gone) {
        // A boot that it has begun is its own.
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        var options = new LinuxOptions();
        var parser = new picocli.CommandLine(options).setUnmatchedArgumentsAllowed(true);
        try {
            parse(line.arguments(), parser, options);
        } catch (picocli.CommandLine.ParameterException e) {
            line.err().println("cupule linux: " + e.getMessage() + "; cupule linux --help lists the options.");
            return USAGE;
        }
        if (options.help) {
            parser.usage(line.out());
            return 0;
        }
        int wrong = refused(map, options);
        return wrong != 0 ? wrong : options.made == null ? boot(map, line, options) : make(line, options, options.made);
    }

    /**
     * What {@code run} does not know either is told before anything is fetched: asked for its help, it looks at no
     * more.
     */
    private int refused(Map<String, Object> map, LinuxOptions options) {
        Path plugin = options.plugin;
        if (plugin != null && Files.notExists(plugin)) {
            CommandLine.of(map).err()
                    .println("cupule linux: --dev '" + plugin + "': it is not there; name a project's folder or a jar");
            return USAGE;
        }
        if (options.others.isEmpty()) {
            return 0;
        }
        var arguments = new HashMap<>(map);
        arguments.put(CommandLine.NAME, "linux");
        arguments.put(CommandLine.OUT, new PrintStream(OutputStream.nullOutputStream()));
        arguments.put(CommandLine.ARGUMENTS, Stream.of(options.plugins(), options.others, List.of("--help"))
                .flatMap(List::stream).toArray(String[]::new));
        return runner(options).apply(arguments);
    }

    /** Writes the RAM disk alone. */
    private static int make(CommandLine line, LinuxOptions options, Path file) {
        try {
            Files.createDirectories(line.home());
            DebianPackages packages = packages(line);
            Path kernel = options.kernel == null ? packages.kernel(options.refresh).image() : options.kernel;
            Files.write(file, made(packages, options).archive());
            line.out().println("--kernel %s --initrd %s --append '%s'".formatted(kernel, file, append(options)));
            return 0;
        } catch (HsmException | IOException | UncheckedIOException e) {
            line.err().println("cupule linux: " + e.getMessage());
            return HOST_FAILURE;
        }
    }

    private static DebianPackages packages(CommandLine line) {
        return new DebianPackages(line.home().resolve("linux"),
                sentence -> line.err().println("cupule linux: " + sentence));
    }

    private static String append(LinuxOptions options) {
        return (APPEND + " " + options.append).strip();
    }

    /** What follows "--" is the script; what is not known is for {@code run}. */
    private static void parse(List<String> arguments, picocli.CommandLine parser, LinuxOptions options) {
        int end = arguments.indexOf("--");
        List<String> own = end < 0 ? arguments : arguments.subList(0, end);
        parser.parseArgs(own.toArray(String[]::new));
        options.others.addAll(parser.getUnmatchedArguments());
        if (end >= 0) {
            options.script.addAll(arguments.subList(end + 1, arguments.size()));
        }
    }

    private int boot(Map<String, Object> map, CommandLine line, LinuxOptions options) {
        Path initrd = null;
        try {
            Files.createDirectories(line.home());
            initrd = Files.createTempFile(line.home(), "initrd", ".cpio");
            var arguments = new HashMap<>(map);
            arguments.put(CommandLine.NAME, "linux");
            arguments.put(CommandLine.ARGUMENTS, arguments(line, options, initrd).toArray(String[]::new));
            int status = runner(options).apply(arguments);
            return options.script.isEmpty() && options.plugin != null ? status : status(status);
        } catch (HsmException e) {
            line.err().println("cupule linux: " + e.getMessage());
            return e.errno() == Errno.EINTR ? INTERRUPTED : e.errno() == Errno.EINVAL ? USAGE : HOST_FAILURE;
        } catch (IOException | UncheckedIOException e) {
            line.err().println("cupule linux: " + e.getMessage());
            return HOST_FAILURE;
        } finally {
            forget(initrd);
        }
    }

    private static void forget(@Nullable Path file) {
        if (file != null) {
            file.toFile().delete();
        }
    }

    /** A script's status s, 1 to 127, comes through the exit port, and so as 2s + 1 from {@code run}. */
    private static int status(int status) {
        if (status % 2 == 0 || status == TRIPLE_FAULT) {
            return status;
        }
        return status == 1 ? SENT_AS_ZERO : status >> 1;
    }

    /** {@return the words for {@code run}} */
    private static List<String> arguments(CommandLine line, LinuxOptions options, Path initrd) throws IOException {
        DebianPackages packages = packages(line);
        var words = new ArrayList<String>();
        Path kernel = options.kernel;
        Path disk = options.initrd;
        if (kernel == null) {
            kernel = packages.kernel(options.refresh).image();
        }
        if (disk == null) {
            disk = Files.write(initrd, made(packages, options).archive());
        } else if (!options.script.isEmpty()) {
            throw new HsmException(Errno.EINVAL, "script",
                    "a script runs in the RAM disk that is made here; it cannot go with --initrd");
        }
        words.addAll(options.plugins());
        words.addAll(List.of("--kernel", kernel.toString(), "--initrd", disk.toString(), "--append",
                append(options), "--cpus", String.valueOf(options.cpus), "--memory",
                options.memory));
        words.addAll(options.others);
        return words;
    }

    /** {@return a RAM disk; the drivers are the kernel's own, so there are none for another kernel} */
    private static Initrd made(DebianPackages packages, LinuxOptions options) throws IOException {
        Map<String, Path> modules = options.kernel != null
                ? Map.of()
                : KernelModules.in(packages.kernel(false).modules()).withNeeds(Initrd.DRIVERS);
        return new Initrd(packages.busybox(options.refresh), modules,
                options.script.isEmpty() ? null : String.join(" ", options.script));
    }

    private Function<Map<String, Object>, Integer> runner(LinuxOptions options) {
        String command = options.plugin == null ? RUN : DEV;
        try {
            return commands.get(command).get(RUN_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new HsmException(Errno.ENODEV, command,
                    "there is no command '%s'; start the bundle org.cupule.machine".formatted(command), e);
        } catch (InterruptedException e) {
            throw new HsmException(Errno.EINTR, command, "interrupted", e);
        }
    }
}
