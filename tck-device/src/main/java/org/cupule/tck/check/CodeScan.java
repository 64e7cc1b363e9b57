package org.cupule.tck.check;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.ConstantInstruction.LoadConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Reads the classes of a plug-in that its factory can reach, and what they call.
 *
 * @threading confined to its maker
 */
final class CodeScan {
    private final PlugInCode code;
    private final Set<String> seen = new HashSet<>();
    private final Deque<String> waiting = new ArrayDeque<>();
    private final List<Call> calls = new ArrayList<>();
    private final Set<String> own = new HashSet<>();

    /** One call in the plug-in: from where, and what. Names with slashes. */
    record Call(String from, String owner, String method, String descriptor) {
        @Override
        public String toString() {
            return "%s calls %s.%s".formatted(from.replace('/', '.'), owner.replace('/', '.'), method);
        }
    }

    /** Reads from this class on. */
    CodeScan(PlugInCode code, Class<?> factory) {
        this.code = code;
        want(factory.getName().replace('.', '/'));
        while (!waiting.isEmpty()) {
            String name = waiting.remove();
            Optional<byte[]> bytes = code.classFile(name);
            bytes.ifPresent(file -> read(name, file));
        }
    }

    /** {@return the names of the plug-in's classes that were found} */
    Set<String> classes() {
        return own;
    }

    /** {@return the calls whose owner and method are meant} */
    List<Call> calls(BiPredicate<String, Call> meant) {
        return calls.stream().filter(call -> meant.test(call.owner(), call)).toList();
    }

    private void want(String name) {
        if (!name.startsWith("java/") && !name.startsWith("[") && seen.add(name)) {
            waiting.add(name);
        }
    }

    private void read(String name, byte[] file) {
        own.add(name);
        ClassModel model = ClassFile.of().parse(file);
        model.superclass().ifPresent(parent -> {
            want(parent.asInternalName());
            calls.add(new Call(name, parent.asInternalName(), "extends", ""));
        });
        model.interfaces().forEach(parent -> want(parent.asInternalName()));
        for (MethodModel method : model.methods()) {
            String from = name + "." + method.methodName().stringValue();
            method.code().ifPresent(body -> body.forEach(element -> visit(from, element)));
        }
    }

    private void visit(String from, CodeElement element) {
        switch (element) {
            case InvokeInstruction call -> called(from, call.method());
            case FieldInstruction field -> want(field.owner().asInternalName());
            case NewObjectInstruction made -> want(made.className().asInternalName());
            case TypeCheckInstruction check -> want(check.type().asInternalName());
            case LoadConstantInstruction constant -> loaded(from, constant.constantEntry());
            case InvokeDynamicInstruction dynamic -> dynamic.invokedynamic().bootstrap().arguments()
                    .forEach(argument -> loaded(from, argument));
            default -> {
                // moves values only
            }
        }
    }

    private void loaded(String from, LoadableConstantEntry constant) {
        switch (constant) {
            case ClassEntry type -> want(type.asInternalName());
            case MethodHandleEntry handle -> called(from, handle.reference());
            default -> {
                // a number or a text
            }
        }
    }

    private void called(String from, MemberRefEntry member) {
        want(member.owner().asInternalName());
        calls.add(new Call(from, member.owner().asInternalName(), member.name().stringValue(),
                member.type().stringValue()));
    }
}
