package org.cupule.hsm.shell;

import java.io.InputStream;
import java.io.PrintStream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Job;
import org.osgi.framework.BundleContext;

/**
 * A Gogo session that prints what commands give, and their failures as sentences. Scripts and the terminal run the same
 * one, so that a line means the same in both.
 *
 * @threading {@link #interrupt} from any thread, the rest confined to its maker
 */
final class Interpreter implements AutoCloseable {
    /** Session variable that the command {@code exit} sets. */
    static final String EXIT = ".hsm.exit";
    /** Our commands come before those of the framework with the same names: start, help. */
    private static final String SCOPE = "hsm:gogo:*";

    private final CommandSession session;
    private final BundleContext context;
    private final PrintStream out;
    private final PrintStream err;

    Interpreter(CommandProcessor processor, BundleContext context, InputStream in, PrintStream out, PrintStream err) {
        this.context = context;
        this.out = out;
        this.err = err;
        session = processor.createSession(in, out, err);
        session.put("SCOPE", SCOPE);
    }

    /** Runs a statement. @return whether it did not fail */
    boolean run(String statement) {
        try {
            print(session.execute(statement));
            return true;
        } catch (Exception e) {
            err.println("error: " + Complaint.of(Manual.of(context), statement, e));
            return false;
        } finally {
            out.flush();
        }
    }

    private void print(Object result) {
        if (result != null && !result.equals("")) {
            out.println(session.format(result, Converter.INSPECT));
        }
    }

    /** {@return whether the command {@code exit} was given} */
    boolean exited() {
        return session.get(EXIT) != null;
    }

    /** Interrupts what runs now, as Ctrl-C does. */
    void interrupt() {
        Job job = session.foregroundJob();
        if (job != null) {
            job.interrupt();
        }
    }

    CommandSession session() {
        return session;
    }

    @Override
    public void close() {
        session.close();
    }
}
