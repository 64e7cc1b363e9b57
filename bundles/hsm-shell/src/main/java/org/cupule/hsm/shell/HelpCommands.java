package org.cupule.hsm.shell;

import java.util.Collection;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Commands of the shell itself.
 *
 * @threading any thread
 */
@Component(service = HelpCommands.class, property = {"osgi.command.scope=hsm", "osgi.command.function=help",
        "osgi.command.function=exit"})
public final class HelpCommands {
    private final BundleContext context;

    /** Made by the component runtime. */
    @Activate
    public HelpCommands(BundleContext context) {
        this.context = context;
    }

    /** Lists the commands. */
    @Descriptor("lists the commands")
    public String help() {
        return """
                %s

                help COMMAND shows the options of one; exit or Ctrl-D leaves the shell. The commands of the framework
                are there beside these: felix:help lists them, felix:help lb shows one."""
                .formatted(Manual.of(context).table());
    }

    /** Shows all about a command. */
    @Descriptor("shows what a command does, its options and arguments")
    public String help(CommandSession session, @Descriptor("a command of this list") String command) {
        var page = Manual.of(context).page(command);
        return page.orElseGet(() -> foreign(session, command));
    }

    private static String foreign(CommandSession session, String command) {
        boolean known = session.get(".commands") instanceof Collection<?> names
                && names.stream().map(String::valueOf)
                        .anyMatch(name -> name.equals(command) || name.endsWith(":" + command));
        if (!known) {
            throw new HsmException(Errno.ENOENT, "help",
                    "there is no command '%s'; 'help' alone lists the commands".formatted(command));
        }
        return "'%s' is a command of the framework; felix:help %s tells about it".formatted(command, command);
    }

    /** Leaves the shell. */
    @Descriptor("leaves the shell, or ends a script; all VMs end with it")
    public void exit(CommandSession session) {
        session.put(Interpreter.EXIT, true);
    }
}
