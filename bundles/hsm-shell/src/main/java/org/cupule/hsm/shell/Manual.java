package org.cupule.hsm.shell;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * The commands of the scope {@code hsm} with their forms, as the annotations of their methods tell them: what help,
 * usage lines and completion are made of.
 *
 * @threading immutable
 */
final class Manual {
    static final String PREFIX = "hsm:";
    private static final String FILTER = "(" + CommandProcessor.COMMAND_SCOPE + "=hsm)";

    private final Map<String, List<Form>> commands;

    private Manual(Map<String, List<Form>> commands) {
        this.commands = commands;
    }

    /** {@return the commands that are there now} */
    static Manual of(BundleContext context) {
        try {
            ServiceReference<?>[] found = context.getServiceReferences((String) null, FILTER);
            var commands = new TreeMap<String, List<Form>>();
            for (ServiceReference<?> reference : found == null ? new ServiceReference<?>[0] : found) {
                Object service = context.getService(reference);
                if (service != null) {
                    functions(reference).forEach(name -> commands.put(name, forms(service.getClass(), name)));
                }
            }
            return new Manual(commands);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@return the commands of one class} */
    static Manual of(Class<?> type) {
        return new Manual(Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Descriptor.class)).map(Method::getName).distinct()
                .collect(Collectors.toMap(name -> name, name -> forms(type, name), (a, b) -> a, TreeMap::new)));
    }

    private static Stream<String> functions(ServiceReference<?> reference) {
        return switch (reference.getProperty(CommandProcessor.COMMAND_FUNCTION)) {
            case String[] names -> Arrays.stream(names);
            case String name -> Stream.of(name);
            case null, default -> Stream.of();
        };
    }

    private static List<Form> forms(Class<?> type, String name) {
        return Arrays.stream(type.getMethods()).filter(method -> method.getName().equals(name))
                .filter(method -> method.isAnnotationPresent(Descriptor.class)).map(Form::of)
                .sorted(Comparator.comparing((Form form) -> form.arguments().size())
                        .thenComparing(form -> form.options().size()))
                .toList();
    }

    /** {@return the names of the commands, sorted} */
    List<String> names() {
        return List.copyOf(commands.keySet());
    }

    /** {@return the forms of a command, named with or without its prefix; none when it is not ours} */
    List<Form> forms(String command) {
        return commands.getOrDefault(command.startsWith(PREFIX) ? command.substring(PREFIX.length()) : command,
                List.of());
    }

    /** {@return what a command does, in a line} */
    String summary(String command) {
        return forms(command).stream().map(Form::summary).findFirst().orElse("");
    }

    /** {@return the usage lines of a command; empty when it is not ours} */
    Optional<String> usage(String command) {
        List<Form> forms = forms(command);
        return forms.isEmpty()
                ? Optional.empty()
                : Optional.of(forms.stream().map(Form::usage).collect(Collectors.joining(", or ")));
    }

    /** {@return all about a command, for people; empty when it is not ours} */
    Optional<String> page(String command) {
        List<Form> forms = forms(command);
        return forms.isEmpty()
                ? Optional.empty()
                : Optional.of(forms.stream().map(Form::page).collect(Collectors.joining("\n\n")));
    }

    /** {@return each command with what it does} */
    Table table() {
        var table = new Table("COMMAND", "WHAT IT DOES");
        commands.forEach((name, forms) -> table.row(name, summary(name)));
        return table;
    }

    /**
     * One way to call a command.
     *
     * @threading immutable
     */
    record Form(String name, String summary, List<Word> options, List<Word> arguments) {
        private static Form of(Method method) {
            List<Word> words = Arrays.stream(method.getParameters())
                    .filter(parameter -> parameter.getType() != CommandSession.class).map(Word::of).toList();
            return new Form(method.getName(), method.getAnnotation(Descriptor.class).value(),
                    words.stream().filter(word -> !word.names().isEmpty()).toList(),
                    words.stream().filter(word -> word.names().isEmpty()).toList());
        }

        String usage() {
            return Stream.of(Stream.of(name), options.stream().map(option -> "[" + option.shortest() + "]"),
                    arguments.stream().map(Word::placeholder)).flatMap(words -> words)
                    .collect(Collectors.joining(" "));
        }

        String page() {
            var table = new Table("", "");
            options.forEach(option -> table.row("  " + option.all(), option.summary() + option.standard()));
            arguments.forEach(argument -> table.row("  " + argument.placeholder(), argument.summary()));
            return summary + "\nusage: " + usage() + table;
        }

        /** {@return what stands at a place among the arguments; the last may be repeated} */
        Optional<Word> argument(int place) {
            if (place < arguments.size()) {
                return Optional.of(arguments.get(place));
            }
            return arguments.isEmpty() || !arguments.getLast().repeated()
                    ? Optional.empty()
                    : Optional.of(arguments.getLast());
        }

        /** {@return the option that a word names} */
        Optional<Word> option(String word) {
            return options.stream().filter(option -> option.names().contains(word)).findFirst();
        }
    }

    /**
     * An option, or an argument, which has no names.
     *
     * @param key
     *            what its place is called in Java: the completion knows it by that
     * @threading immutable
     */
    record Word(String key, boolean repeated, List<String> names, boolean flag, String absent, String summary) {
        private static Word of(java.lang.reflect.Parameter parameter) {
            Descriptor told = parameter.getAnnotation(Descriptor.class);
            Parameter option = parameter.getAnnotation(Parameter.class);
            return new Word(parameter.getName(), parameter.isVarArgs(),
                    option == null ? List.of() : List.of(option.names()),
                    option != null && !option.presentValue().equals(Parameter.UNSPECIFIED),
                    option == null ? "" : option.absentValue(), told == null ? "" : told.value());
        }

        String placeholder() {
            String text = key.replaceAll("([a-z])([A-Z])", "$1-$2").toUpperCase();
            return repeated ? "[" + text + " ...]" : text;
        }

        private String shortest() {
            return names.getFirst() + value();
        }

        private String all() {
            return String.join(", ", names) + value();
        }

        private String value() {
            return flag ? "" : " " + placeholder();
        }

        private String standard() {
            return flag || absent.isEmpty() ? "" : " (" + absent + ")";
        }
    }
}
