package org.cupule.launcher;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.launch.CommandLine;

/**
 * The program: {@code cupule COMMAND [ARGUMENTS]}.
 *
 * <pre>
 *   main: open home -> start platform -> find command -> call it -> stop platform -> exit with its status
 *                                \                         \
 *   SIGINT, SIGTERM: hook --> wait for it ...... interrupt command -> stop platform
 * </pre>
 *
 * @threading {@code main} runs on the main thread, and so does the command
 */
public final class Main {
    private static final String USAGE = "usage: cupule COMMAND [ARGUMENTS]";

    /**
     * The process's own streams: the shell's runtime puts others in their place, which lead to themselves as a
     * session's.
     */
    private static final PrintStream OUT = System.out;
    private static final PrintStream ERR = System.err;

    private Main() {
    }

    /** Runs one command and ends the process with its status. */
    public static void main(String[] args) {
        System.exit(launch(args));
    }

    private static int launch(String[] args) {
        try (var folder = RunFolder.open(Home.ofEnvironment())) {
            return launch(folder, args);
        } catch (LaunchException e) {
            ERR.println("cupule: " + e.getMessage());
            return e.status;
        }
    }

    private static int launch(RunFolder folder, String[] args) {
        var ending = new Ending(OUT, ERR);
        var running = new AtomicReference<Platform>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(ending, running, folder), "shutdown"));
        try {
            return ending.run(() -> started(folder, running), platform -> command(folder, platform, args));
        } finally {
            close(running);
            OUT.flush();
            ERR.flush();
        }
    }

    private static Platform started(RunFolder folder, AtomicReference<Platform> running) {
        Platform platform = Platform.start(folder);
        running.set(platform);
        return platform;
    }

    private static void close(AtomicReference<Platform> running) {
        Optional.ofNullable(running.get()).ifPresent(Platform::close);
    }

    private static int command(RunFolder folder, Platform platform, String[] args) {
        var commands = new Commands(platform.context());
        if (args.length == 0) {
            ERR.println(help(commands));
            return Status.USAGE;
        }
        if (isHelp(args[0]) && args.length == 2) {
            return call(commands, new String[]{args[1], "--help"}, folder, platform);
        }
        if (isHelp(args[0])) {
            OUT.println(help(commands));
            return Status.OK;
        }
        return call(commands, args, folder, platform);
    }

    /** The way out by a signal; after a command's own end all of it is done already. */
    private static void shutDown(Ending ending, AtomicReference<Platform> running, RunFolder folder) {
        ending.begin();
        close(running);
        folder.close();
    }

    private static int call(Commands commands, String[] args, RunFolder folder, Platform platform) {
        var command = commands.find(args[0]);
        Thread.currentThread().setContextClassLoader(platform.terminalClassLoader());
        try {
            return command.apply(request(args, folder));
        } catch (RuntimeException e) {
            folder.home().log(args[0], e);
            throw new LaunchException(Status.HOST_FAILURE,
                    "%s failed: %s; details are in %s.".formatted(args[0], e, folder.home().log()), e);
        }
    }

    /** {@return the map that a command is called with} */
    private static Map<String, Object> request(String[] args, RunFolder folder) {
        return Map.of(
                CommandLine.ARGUMENTS, Arrays.copyOfRange(args, 1, args.length),
                CommandLine.IN, new FileInputStream(FileDescriptor.in),
                CommandLine.OUT, OUT,
                CommandLine.ERR, ERR,
                CommandLine.TERMINAL, isTerminal(),
                CommandLine.HOME, folder.home().root(),
                CommandLine.BUNDLES, folder.bundles(),
                CommandLine.PLUGINS, folder.plugins());
    }

    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private static boolean isHelp(String word) {
        return word.equals("help") || word.equals("--help") || word.equals("-h");
    }

    private static String help(Commands commands) {
        return USAGE + commands.usages().map(line -> "\n  " + line).reduce("", String::concat);
    }

    /** {@return the jar that this class came from} */
    static Path jar() {
        return Path.of(URI.create(Main.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    }
}
