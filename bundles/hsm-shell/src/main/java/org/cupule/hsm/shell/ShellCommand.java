package org.cupule.hsm.shell;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.apache.felix.service.command.CommandProcessor;
import org.cupule.launch.CommandLine;
import org.jline.reader.Completer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code cupule shell}: the Gogo shell on the terminal, or a script.
 *
 * @threading {@link #apply} on the main thread
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=shell",
        CommandLine.USAGE + "=shell [-c COMMANDS | FILE | -]: the shell, on a terminal or for a script"})
public final class ShellCommand implements Function<Map<String, Object>, Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final String HELP = """
            usage: cupule shell                 the shell on this terminal: Tab completes, help lists the commands, Ctrl-D
                                                or exit leaves
                   cupule shell -c 'COMMANDS'   runs commands, separated by ; or new lines
                   cupule shell FILE            runs a script; - is standard input
            Commands of this platform begin with hsm: (the prefix may be left out); help vms tells about one.
            Exit status: 0; 1 when a command failed, the rest of a script is then left out; 2 for wrong usage, or a script
            that cannot be read.""";

    private final CommandProcessor processor;
    private final BundleContext context;
    private final Completer completer;
    private volatile boolean stopped;
    private volatile @Nullable Thread terminal;

    /** Made by the component runtime. */
    @Activate
    public ShellCommand(@Reference CommandProcessor processor,
            @Reference CommandCompleter completer, BundleContext context) {
        this.processor = processor;
        this.completer = completer;
        this.context = context;
    }

    /** The terminal's shell does not outlive the commands. */
    @Deactivate
    void deactivate() {
        stopped = true;
        Thread reading = terminal;
        if (reading != null) {
            reading.interrupt();
        }
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        var arguments = line.arguments();
        if (arguments.contains("--help") || arguments.contains("-h")) {
            line.out().println(HELP);
            return OK;
        }
        if (arguments.isEmpty()) {
            return line.terminal() ? interactive(line) : script(line, "-");
        }
        String first = arguments.getFirst();
        if (first.equals("-c")) {
            return arguments.size() == 2
                    ? execute(line, arguments.get(1))
                    : usage(line, "-c takes one text, the commands" + (arguments.size() == 1
                            ? ""
                            : "; '" + arguments.get(2) + "' is one too many"));
        }
        if (first.startsWith("-") && !first.equals("-")) {
            return usage(line, "there is no option '" + first + "'");
        }
        return arguments.size() == 1 ? script(line, first) : usage(line, "'" + arguments.get(1) + "' is one too many");
    }

    private static int usage(CommandLine line, String wrong) {
        line.err().println("cupule shell: " + wrong + "; cupule shell --help tells more.");
        return USAGE;
    }

    private int interactive(CommandLine line) {
        terminal = Thread.currentThread();
        try {
            new TerminalShell(processor, context, completer).run(line, () -> stopped);
            return OK;
        } catch (IOException e) {
            line.err().println("cupule shell: the terminal cannot be used: " + e.getMessage());
            return FAILED;
        } finally {
            terminal = null;
        }
    }

    private int script(CommandLine line, String file) {
        try {
            return execute(line, file.equals("-")
                    ? new String(line.in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(Path.of(file)));
        } catch (IOException e) {
            line.err().println("cupule shell: the script '%s' cannot be read: %s.".formatted(file, reason(e)));
            return USAGE;
        }
    }

    /** {@return why a file cannot be read; where Java says only its path, in our words} */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException gone -> "there is no such file";
            case AccessDeniedException denied -> "this user may not";
            case MalformedInputException binary -> "it is not text in UTF-8";
            default -> String.valueOf(e.getMessage());
        };
    }

    private int execute(CommandLine line, String commands) {
        try (var interpreter = new Interpreter(processor, context, new ByteArrayInputStream(new byte[0]), line.out(),
                line.err())) {
            for (String statement : Script.statements(commands)) {
                if (!interpreter.run(statement)) {
                    return FAILED;
                }
                if (interpreter.exited()) {
                    return OK;
                }
            }
            return OK;
        }
    }
}
