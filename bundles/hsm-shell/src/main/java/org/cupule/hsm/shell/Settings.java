package org.cupule.hsm.shell;

import java.io.IOException;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.ObjectClassDefinition;

/**
 * The settings of one component, as Metatype describes them and Configuration Admin keeps them.
 *
 * @param pid
 *            the name under which they are kept
 * @param bundle
 *            whose they are
 * @threading immutable; the values are Configuration Admin's
 */
record Settings(Platform platform, String pid, String bundle, ObjectClassDefinition described) {
    /** {@return the settings of all bundles, by name} */
    static List<Settings> all(Platform platform, BundleContext context) {
        return Arrays.stream(context.getBundles()).flatMap(bundle -> of(platform, bundle)).distinct()
                .sorted((a, b) -> a.pid.compareTo(b.pid)).toList();
    }

    private static Stream<Settings> of(Platform platform, Bundle bundle) {
        if ((bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) == 0) {
            return Stream.of();
        }
        var information = platform.metaTypes().getMetaTypeInformation(bundle);
        return information == null
                ? Stream.of()
                : Arrays.stream(information.getPids()).map(pid -> new Settings(platform, pid,
                        bundle.getSymbolicName() + " " + bundle.getVersion(),
                        information.getObjectClassDefinition(pid, null)));
    }

    /**
     * {@return the settings that a word means: a live device, a plug-in, or their own name}
     *
     * @throws HsmException
     *             ENOENT when there are none, EINVAL when there are several
     */
    static Settings of(Platform platform, BundleContext context, String wanted) {
        List<Settings> all = all(platform, context);
        List<Settings> own = all.stream().filter(settings -> settings.pid.equals(wanted)).toList();
        List<Settings> found = own.isEmpty() ? ofBundle(platform, context, wanted) : own;
        if (found.isEmpty()) {
            throw new HsmException(Errno.ENOENT, "settings", "'%s' has no settings; there are those of %s"
                    .formatted(wanted, all.stream().map(Settings::pid).collect(Collectors.joining(", "))));
        }
        if (found.stream().map(Settings::pid).distinct().count() > 1) {
            throw new HsmException(Errno.EINVAL, "settings", "'%s' has several: say which of %s".formatted(wanted,
                    found.stream().map(Settings::pid).collect(Collectors.joining(", "))));
        }
        return found.getLast(); // of several versions of a plug-in, which have one name, the newest
    }

    private static List<Settings> ofBundle(Platform platform, BundleContext context, String wanted) {
        return Stream.concat(
                platform.owners().stream().flatMap(owner -> owner.targets().stream())
                        .filter(target -> target.name().equals(wanted)).map(Swappable.Target::bundle)
                        .map(context::getBundle),
                Arrays.stream(context.getBundles()).filter(bundle -> wanted.equals(bundle.getSymbolicName())))
                .filter(java.util.Objects::nonNull).distinct().flatMap(bundle -> of(platform, bundle)).toList();
    }

    /** {@return what people call them} */
    String name() {
        return described.getName();
    }

    /** {@return each of them, in the plug-in's order} */
    List<Setting> list() {
        List<String> required = ids(ObjectClassDefinition.REQUIRED);
        AttributeDefinition[] all = described.getAttributeDefinitions(ObjectClassDefinition.ALL);
        return all == null
                ? List.of()
                : Arrays.stream(all).map(each -> new Setting(each, required.contains(each.getID()))).toList();
    }

    private List<String> ids(int filter) {
        AttributeDefinition[] some = described.getAttributeDefinitions(filter);
        return some == null ? List.of() : Arrays.stream(some).map(AttributeDefinition::getID).toList();
    }

    /** {@return what a setting is now, for people} */
    String value(Setting setting) {
        Dictionary<String, Object> set = set();
        return setting.text(set == null ? null : set.get(setting.name()));
    }

    /** {@return how many have been set} */
    long changed() {
        Dictionary<String, Object> set = set();
        return set == null ? 0 : list().stream().filter(setting -> set.get(setting.name()) != null).count();
    }

    private @Nullable Dictionary<String, Object> set() {
        try {
            Configuration[] kept = admin().listConfigurations("(" + Constants.SERVICE_PID + "=" + pid + ")");
            return kept == null || kept.length == 0 ? null : kept[0].getProperties();
        } catch (IOException | InvalidSyntaxException broken) {
            throw new HsmException(Errno.EIO, "settings", "those of " + pid + " cannot be read: " + broken, broken);
        }
    }

    private ConfigurationAdmin admin() {
        return platform.configurations();
    }

    /**
     * Changes settings, all at once; an empty value gives the default back.
     *
     * @throws HsmException
     *             EINVAL when a name is unknown or a value is not possible: then nothing is changed
     */
    void change(Map<String, String> texts) throws IOException {
        Map<String, Setting> known = new LinkedHashMap<>();
        list().forEach(setting -> known.put(setting.name(), setting));
        Dictionary<String, Object> now = set();
        var next = now == null ? new Hashtable<String, Object>() : copy(now);
        texts.forEach((name, text) -> {
            Setting setting = known.get(name);
            if (setting == null) {
                throw new HsmException(Errno.EINVAL, "settings",
                        "%s has no setting '%s'; it has %s".formatted(pid, name, String.join(", ", known.keySet())));
            }
            put(next, setting, text);
        });
        admin().getConfiguration(pid, "?").update(next);
    }

    private static void put(Hashtable<String, Object> next, Setting setting, String text) {
        if (!text.isEmpty()) {
            next.put(setting.name(), setting.parsed(text));
        } else if (setting.required() && setting.definition().getDefaultValue() == null) {
            throw new HsmException(Errno.EINVAL, "settings",
                    "%s has no default: it needs a value".formatted(setting.name()));
        } else {
            next.remove(setting.name());
        }
    }

    private static Hashtable<String, Object> copy(Dictionary<String, Object> from) {
        var copy = new Hashtable<String, Object>();
        from.keys().asIterator().forEachRemaining(key -> copy.put(key, from.get(key)));
        return copy;
    }
}
