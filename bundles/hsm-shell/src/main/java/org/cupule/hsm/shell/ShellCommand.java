package org.cupule.hsm.shell;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.cupule.launch.CommandLine;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
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
    private static final String TERMINAL_SHELL = "org.apache.felix.gogo.jline";
    private static final String HELP = """
            usage: cupule shell                 the shell on this terminal: Tab completes, help lists the commands
                   cupule shell -c 'COMMANDS'   runs commands, separated by ; or new lines
                   cupule shell FILE            runs a script; - is standard input
            Commands of this platform begin with hsm: (the prefix may be left out); help hsm:vms tells about one.
            Exit status: 0, or 1 when a command failed; the rest of a script is then left out.""";

    private final CommandProcessor processor;
    private final BundleContext context;
    private final CountDownLatch deactivated = new CountDownLatch(1);

    /** Made by the component runtime. */
    @Activate
    public ShellCommand(@Reference CommandProcessor processor, BundleContext context) {
        this.processor = processor;
        this.context = context;
    }

    @Deactivate
    void deactivate() {
        deactivated.countDown();
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
        if (arguments.getFirst().equals("-c") && arguments.size() == 2) {
            return execute(line, arguments.get(1));
        }
        if (arguments.size() == 1 && (arguments.getFirst().equals("-") || !arguments.getFirst().startsWith("-"))) {
            return script(line, arguments.getFirst());
        }
        line.err().println(HELP);
        return USAGE;
    }

    /** Starts the terminal's shell, which stops the framework at its end, and with it this component. */
    private int interactive(CommandLine line) {
        try {
            Bundle shell = Arrays.stream(context.getBundles())
                    .filter(bundle -> TERMINAL_SHELL.equals(bundle.getSymbolicName())).findFirst().orElseThrow();
            shell.start();
            deactivated.await();
            return OK;
        } catch (BundleException e) {
            line.err().println("cupule shell: the terminal's shell does not start: " + e.getMessage());
            return FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OK;
        }
    }

    private int script(CommandLine line, String file) {
        try {
            return execute(line, file.equals("-")
                    ? new String(line.in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(Path.of(file)));
        } catch (IOException e) {
            line.err().println("cupule shell: the script '%s' cannot be read: %s".formatted(file, e.getMessage()));
            return USAGE;
        }
    }

    private int execute(CommandLine line, String commands) {
        try (CommandSession session = processor.createSession(new ByteArrayInputStream(new byte[0]), line.out(),
                line.err())) {
            session.put("SCOPE", "hsm:gogo:*");
            for (String command : Script.statements(commands)) {
                print(line, session, session.execute(command));
            }
            return OK;
        } catch (HsmException e) {
            line.err().println("error: " + e.getMessage());
        } catch (Exception e) {
            line.err().println("error: " + sentence(e));
        }
        return FAILED;
    }

    private static void print(CommandLine line, CommandSession session, Object result) {
        if (result != null) {
            line.out().println(session.format(result, Converter.INSPECT));
        }
        line.out().flush();
    }

    private static String sentence(Exception e) {
        return e.getClass().getSimpleName().equals("CommandNotFoundException")
                ? e.getMessage() + "; 'help' lists the commands"
                : e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
