package org.cupule.hsm.shell;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.apache.felix.service.command.CommandProcessor;
import org.cupule.launch.CommandLine;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.osgi.framework.BundleContext;

/**
 * The shell on a terminal: lines with editing, history and completion, run one after another until Ctrl-D or
 * {@code exit}. Ctrl-C at the prompt drops the line; during a command it interrupts that.
 *
 * @threading confined to the command's thread, whose context class loader is JLine's own
 */
final class TerminalShell {
    /** The history's file in the home folder. */
    static final String HISTORY = "history";
    private static final String PROMPT = "cupule> ";
    /** Gogo's commands for full screens look for the terminal under this name. */
    private static final String TERMINAL = ".terminal";

    private final CommandProcessor processor;
    private final BundleContext context;
    private final Completer completer;

    TerminalShell(CommandProcessor processor, BundleContext context, Completer completer) {
        this.processor = processor;
        this.context = context;
        this.completer = completer;
    }

    /** Runs the shell to its end, which comes early when {@code stopped}. */
    void run(CommandLine line, BooleanSupplier stopped) throws IOException {
        try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
            var out = new PrintStream(terminal.output(), true, StandardCharsets.UTF_8);
            try (var interpreter = new Interpreter(processor, context, terminal.input(), out, out)) {
                interpreter.session().put(TERMINAL, terminal);
                out.println("Cupule. 'help' lists the commands, Tab completes; Ctrl-D or 'exit' leaves.");
                read(reader(terminal, line), interpreter, stopped);
            }
        }
    }

    private LineReader reader(Terminal terminal, CommandLine line) {
        return LineReaderBuilder.builder().terminal(terminal).appName("cupule").completer(completer)
                .variable(LineReader.HISTORY_FILE, line.home().resolve(HISTORY))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true).build();
    }

    private static void read(LineReader reader, Interpreter interpreter, BooleanSupplier stopped) {
        while (!interpreter.exited() && !stopped.getAsBoolean()) {
            try {
                String text = reader.readLine(PROMPT);
                run(reader.getTerminal(), interpreter, text);
            } catch (UserInterruptException e) {
                // The person drops the line and begins another.
            } catch (EndOfFileException e) {
                return;
            }
        }
    }

    /** Runs a line's statements up to the first that fails. */
    private static void run(Terminal terminal, Interpreter interpreter, String text) {
        var before = terminal.handle(Terminal.Signal.INT, signal -> interpreter.interrupt());
        try {
            for (String statement : Script.statements(text)) {
                if (!interpreter.run(statement) || interpreter.exited()) {
                    return;
                }
            }
        } finally {
            terminal.handle(Terminal.Signal.INT, before);
        }
    }
}
