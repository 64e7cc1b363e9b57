package org.cupule.machine.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * The process's terminal in raw mode: each key goes to the guest at once, Ctrl-C too. It is given back as it was, on
 * every way out of the process.
 *
 * @threading any thread
 */
final class RawTerminal implements AutoCloseable {
    private final Terminal terminal;
    private final Attributes before;
    private final Thread hook = new Thread(this::cook, "restore-terminal");

    /** Takes the terminal. The caller's context class loader is JLine's own. */
    RawTerminal() {
        try {
            terminal = TerminalBuilder.builder().system(true).build();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "terminal", "the terminal cannot be used: " + e, e);
        }
        before = terminal.getAttributes();
        Runtime.getRuntime().addShutdownHook(hook);
        raw();
    }

    /** Sets raw mode: a read waits for one byte, and no key makes a signal. */
    void raw() {
        terminal.enterRawMode();
        Attributes attributes = terminal.getAttributes();
        attributes.setLocalFlag(LocalFlag.ISIG, false);
        attributes.setControlChar(ControlChar.VMIN, 1);
        attributes.setControlChar(ControlChar.VTIME, 0);
        terminal.setAttributes(attributes);
    }

    /** Sets the mode in which the terminal was found. */
    void cook() {
        try {
            terminal.setAttributes(before);
        } catch (IllegalStateException e) {
            // The process goes down, and JLine has closed the terminal, which gives it back too.
            return;
        }
    }

    /** {@return a line that a person edits; empty when there is none, as after Ctrl-D} */
    Optional<String> readLine(String prompt, Completer completer) {
        try {
            return Optional.of(LineReaderBuilder.builder().terminal(terminal).completer(completer).build()
                    .readLine(prompt));
        } catch (EndOfFileException | UserInterruptException e) {
            return Optional.empty();
        }
    }

    InputStream input() {
        return terminal.input();
    }

    OutputStream output() {
        return terminal.output();
    }

    /** Gives the terminal back. */
    @Override
    public void close() {
        cook();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            terminal.close();
        } catch (IllegalStateException e) {
            // The process goes down already: the hook has run or runs now.
            return;
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "terminal", "the terminal cannot be given back: " + e, e);
        }
    }
}
