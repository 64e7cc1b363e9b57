package org.cupule.machine.command;

import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Console;
import org.jline.reader.Completer;

/**
 * A guest's console in the hands of a person or a script.
 *
 * @threading made and closed by one thread
 */
final class Conversation implements AutoCloseable {
    private static final String PROMPT = "cupule> ";
    private static final byte[] HINT = "[Ctrl-A x ends, Ctrl-A c opens the shell]\r\n".getBytes();

    private final AutoCloseable terminal;
    private final ConsolePipe pipe;

    private Conversation(AutoCloseable terminal, ConsolePipe pipe) {
        this.terminal = terminal;
        this.pipe = pipe;
    }

    /**
     * Connects a console: to the terminal in raw mode, or, where there is none, to standard input and output as they
     * are.
     *
     * @param listener
     *            hears all output, too
     * @param end
     *            called when the person ends the run, or nobody reads its output any more
     * @param shell
     *            runs commands of the shell; gives false when there is none
     * @param completer
     *            completes those commands
     * @param interruptible
     *            whether Ctrl-C on the terminal ends the run, too, instead of going to the guest
     */
    static Conversation open(Console console, IntConsumer listener, CommandLine line, Runnable end,
            Predicate<String> shell,
            Completer completer, boolean interruptible) {
        if (!line.terminal()) {
            return new Conversation(() -> {
            }, new ConsolePipe(console, listener, line.in(), line.out(), end, ConsolePipe::send));
        }
        var terminal = new RawTerminal();
        var keys = new EscapeKeys(interruptible);
        line.out().writeBytes(HINT);
        return new Conversation(terminal, new ConsolePipe(console, listener, terminal.input(), terminal.output(), end,
                (pipe, bytes, count) -> keys.accept(bytes, count,
                        actions(terminal, pipe, line, end, shell, completer))));
    }

    private static EscapeKeys.Actions actions(RawTerminal terminal, ConsolePipe pipe, CommandLine line, Runnable end,
            Predicate<String> shell, Completer completer) {
        return new EscapeKeys.Actions() {
            @Override
            public void send(byte[] bytes, int count) {
                pipe.send(bytes, count);
            }

            @Override
            public void end() {
                end.run();
            }

            @Override
            public void shell() {
                pipe.suspend();
                terminal.cook();
                try {
                    commands(terminal, line, shell, completer);
                } finally {
                    terminal.raw();
                    pipe.resume();
                }
            }
        };
    }

    /** Runs commands until an empty line, {@code exit} or Ctrl-D; the guest goes on meanwhile. */
    private static void commands(RawTerminal terminal, CommandLine line, Predicate<String> shell,
            Completer completer) {
        line.out().println("\nCommands of the shell; an empty line goes back to the guest.");
        for (var command = terminal.readLine(PROMPT, completer); command.filter(Conversation::wanted)
                .isPresent(); command = terminal.readLine(PROMPT, completer)) {
            if (!shell.test(command.get())) {
                line.out().println("There is no shell; start the bundle org.cupule.hsm.shell.");
                return;
            }
        }
    }

    private static boolean wanted(String command) {
        return !command.isBlank() && !command.strip().equals("exit");
    }

    /** Says something in a line of its own, between what the guest writes. */
    void tell(String text) {
        pipe.tell(text);
    }

    @Override
    public void close() {
        pipe.close();
        try {
            terminal.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
