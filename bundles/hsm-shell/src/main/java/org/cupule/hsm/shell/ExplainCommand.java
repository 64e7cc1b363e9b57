package org.cupule.hsm.shell;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.apache.felix.service.command.Descriptor;
import org.cupule.machine.Explanation;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Tells what a machine or a swap needs, before it is tried.
 *
 * @threading any thread
 */
@Component(service = ExplainCommand.class, property = {"osgi.command.scope=hsm", "osgi.command.function=explain"})
public final class ExplainCommand {
    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public ExplainCommand(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Explains a VM file. */
    @Descriptor("tells what a VM file needs, what of it is there, and what is missing or ambiguous; makes nothing")
    public Table explain(@Descriptor("VM file (JSON)") String file) {
        Explanation explanation = platform.machines().explain(Path.of(file));
        var table = new Table("FIELD", "NEEDS", "VERDICT", "BY");
        explanation.needs().forEach(need -> table.row(need.place(), need.wanted(),
                need.verdict().name().toLowerCase(Locale.ROOT), need.sentence()));
        if (!explanation.met()) {
            throw new HsmException(Errno.ENODEV, "explain", "the machine cannot be made of what is there\n" + table);
        }
        return table;
    }

    /** Explains a swap. */
    @Descriptor("tells whether a live instance could be moved to another model, and if not, why; moves nothing")
    public String explain(@Descriptor("target, as hsm:targets lists it") String target,
            @Descriptor("model: name or name@version, as hsm:models lists it") String model) {
        Optional<String> objection = platform.ownerOf(target).objection(target, -1, model);
        if (objection.isPresent()) {
            throw new HsmException(Errno.EINVAL, "explain", objection.get());
        }
        return "nothing stands against it: hsm:swap " + target + " " + model;
    }
}
