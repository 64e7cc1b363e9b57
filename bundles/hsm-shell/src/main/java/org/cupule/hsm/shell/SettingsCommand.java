package org.cupule.hsm.shell;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.felix.service.command.Descriptor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The command that shows and changes settings while the platform runs.
 *
 * @threading any thread
 */
@Component(service = SettingsCommand.class, property = {"osgi.command.scope=hsm", "osgi.command.function=settings"})
public final class SettingsCommand {
    private final Platform platform;
    private final BundleContext context;

    /** Made by the component runtime. */
    @Activate
    public SettingsCommand(@Reference Platform platform, BundleContext context) {
        this.platform = platform;
        this.context = context;
    }

    /** Lists what has settings. */
    @Descriptor("lists what has settings: plug-ins and parts of the platform")
    public Table settings() {
        var table = new Table("SETTINGS OF", "NAME", "BUNDLE", "SET");
        Settings.all(platform, context).forEach(settings -> table.row(settings.pid(), settings.name(),
                settings.bundle(), settings.changed()));
        return table;
    }

    /**
     * Shows settings, and changes some: all of those that are named, or, when one cannot be, none.
     *
     * @return a table of all of them afterwards
     */
    @Descriptor("shows settings, and changes those that are named, live: settings com.acme.thermometer degrees=21")
    public Table settings(
            @Descriptor("device, as hsm:targets lists it, plug-in, or name as hsm:settings lists it") String configurable,
            @Descriptor("NAME=VALUE; several values with commas between them; NAME= for the default") String... assignments)
            throws IOException {
        Settings settings = Settings.of(platform, context, configurable);
        if (assignments.length > 0) {
            settings.change(parsed(assignments));
        }
        var table = new Table("SETTING", "VALUE", "DEFAULT", "POSSIBLE", "WHAT");
        settings.list().forEach(setting -> table.row(setting.name(), settings.value(setting), setting.defaultText(),
                setting.possible(), setting.description()));
        return table;
    }

    private static Map<String, String> parsed(String[] assignments) {
        var values = new LinkedHashMap<String, String>();
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new HsmException(Errno.EINVAL, "settings",
                        "'%s' is not of the form NAME=VALUE".formatted(assignment));
            }
            String name = assignment.substring(0, equals);
            if (values.put(name, assignment.substring(equals + 1)) != null) {
                throw new HsmException(Errno.EINVAL, "settings", "'%s' is named twice".formatted(name));
            }
        }
        return values;
    }
}
